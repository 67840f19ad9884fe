//! Binding the master key to the licence and this host, and undoing that.
//!
//! The server itself says whether it opens the key: until it has, the key stays where it was before.
//! What is killed in between leaves files that fit each other, and the same command goes on with it.

use console::Console;
use license::binding::Bound;
use zeroize::Zeroizing;

use super::patience::Patience;
use super::{Call, recover};
use crate::apply::{Lock, Run};
use crate::backup::recovered;
use crate::bound::{self, Here};
use crate::compose::Compose;
use crate::envfile::EnvFile;
use crate::error::{Error, in_words};
use crate::escrow::{self, SEALED_MASTER, SharesFrom, unseal_master};
use crate::files::{APP_USER, place, remove};
use crate::layout::Layout;
use crate::master::{self, Master, MasterKey};
use crate::state::{self, State};
use crate::steps::ready;
use crate::{facts, licence};

const MODE: u32 = 0o600;

/// Binds a master key that lies in the clear; one that is bound already, once more to the end: a run
/// that was killed may have left it in its file besides, or the app as it was.
pub(super) async fn bind(patience: Patience, call: &Call<'_>) -> Result<(), Error> {
    let state = state::require(&call.layout)?;
    let _lock = Lock::take(call.layout.dir())?;
    let bound = match master::find(&call.layout)? {
        Master::Plain(master) => {
            // Without shares a broken host would be the end of the vault.
            require_escrow(&state, &master)?;
            sealed(&master, call)?
        }
        Master::Bound => opened_here(&call.layout)?,
        Master::Elsewhere => return Err(unbindable("it is not on this server")),
    };
    call.console.heading("What will be done");
    for line in [
        "seal the master key under the root seed, the licence and this host",
        "empty its file; whoever copies the folder, or restores it elsewhere, cannot open the vault",
        "make the app's container anew; it is away for some seconds",
    ] {
        call.console.say(&format!("  - {line}"));
    }
    if !call.console.confirm("Bind the master key?") {
        return Err(Error::Declined);
    }
    let files = Files::remember(&call.layout)?;
    let change = || {
        BINDING
            .iter()
            .try_for_each(|step| files.bind(*step, &bound))
    };
    serve(change, &files, &state, patience, call).await?;
    call.console
        .result("The master key is bound to this host and its licence");
    report(call.console, true);
    Ok(())
}

/// Puts a bound master key back into its file.
pub(super) async fn unbind(patience: Patience, call: &Call<'_>) -> Result<(), Error> {
    let state = state::require(&call.layout)?;
    let _lock = Lock::take(call.layout.dir())?;
    if !matches!(master::find(&call.layout)?, Master::Bound) {
        return Err(unbindable("it is not bound"));
    }
    let master = bound::open(&call.layout)?;
    if !call
        .console
        .confirm("Put the master key into its file, in the clear?")
    {
        return Err(Error::Declined);
    }
    let files = Files::remember(&call.layout)?;
    let text = Zeroizing::new(hex::encode(master.as_slice()));
    let change = || {
        files.master(&text)?;
        files.switch(None)
    };
    serve(change, &files, &state, patience, call).await?;
    let path = call.layout.dir().join(bound::FILE);
    remove(&path).map_err(Error::file("cannot remove", &path))?;
    call.console.result("The master key is in its file again");
    report(call.console, false);
    Ok(())
}

/// Binds to this host what was bound to another, or to another licence.
pub(super) async fn rebind(
    shares: &SharesFrom,
    patience: Patience,
    call: &Call<'_>,
) -> Result<(), Error> {
    let state = state::require(&call.layout)?;
    let _lock = Lock::take(call.layout.dir())?;
    if !matches!(master::find(&call.layout)?, Master::Bound) {
        return Err(unbindable("it is not bound"));
    }
    let path = call.layout.dir().join(SEALED_MASTER);
    let sealed_to_shares = std::fs::read(&path).map_err(Error::file("cannot read", &path))?;
    let identity = recovered(shares, call.console)?;
    let master = unseal_master(&sealed_to_shares, &identity)?;
    let bound = sealed(&master, call)?;
    if !call.console.confirm("Bind the master key to this host?") {
        return Err(Error::Declined);
    }
    let files = Files::remember(&call.layout)?;
    let change = || bound::write(&call.layout, &bound);
    serve(change, &files, &state, patience, call).await?;
    call.console
        .result("The master key is bound to this host and its licence");
    call.console.say(
        "Two shares were brought together here. Make new ones: vaultterm-install escrow renew",
    );
    report(call.console, true);
    Ok(())
}

/// What a licence that is bound to hosts has to name.
pub(super) fn fingerprint(call: &Call<'_>) -> Result<(), Error> {
    let env = facts::env_file(&call.layout)?;
    let fingerprint = bound::fingerprint(env.as_ref())?.to_string();
    call.console.result(&fingerprint);
    call.console
        .result_json(&serde_json::json!({ "fingerprint": fingerprint }));
    Ok(())
}

fn report(console: &Console, bound: bool) {
    console.result_json(&serde_json::json!({ "bound": bound }));
}

fn unbindable(why: &str) -> Error {
    Error::Unbindable(why.to_owned())
}

fn require_escrow(state: &State, master: &MasterKey) -> Result<(), Error> {
    let escrow = state.escrow.as_ref().ok_or(Error::NoEscrow)?;
    if escrow.master.as_deref() == Some(escrow::master_id(master).as_str()) {
        Ok(())
    } else {
        Err(unbindable(
            "another master key is sealed to the recovery key; make a backup first, which seals it again",
        ))
    }
}

/// What is bound, which has to open here, and to be no other key than the one that is still in the
/// file: emptied, that one would be lost.
fn opened_here(layout: &Layout) -> Result<Bound, Error> {
    let master = bound::open(layout)?;
    match master::in_file(layout)? {
        Some(left) if *left != *master => Err(unbindable(
            "the file of the master key holds another key than the one that is bound",
        )),
        _ => bound::read(layout),
    }
}

fn sealed(master: &MasterKey, call: &Call<'_>) -> Result<Bound, Error> {
    let license = licence::open(&call.layout.license())?;
    Here::look(&call.layout)?.seal(Bound::default(), &license, master)
}

/// What is written when a key is bound.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sealed,
    SwitchedOn,
    Emptied,
}

/// In this order: whatever is killed, the key is in its file, or opens where it is bound.
const BINDING: [Step; 3] = [Step::Sealed, Step::SwitchedOn, Step::Emptied];

/// The files that binding changes, as they were.
struct Files<'a> {
    layout: &'a Layout,
    env: EnvFile,
    env_text: String,
    master: Zeroizing<String>,
    bound: Option<String>,
}

impl<'a> Files<'a> {
    fn remember(layout: &'a Layout) -> Result<Self, Error> {
        let path = layout.env_file();
        let env_text = std::fs::read_to_string(&path).map_err(Error::file("cannot read", &path))?;
        let env = EnvFile::parse(&env_text, &path)?;
        if env.get("MASTER_KEY").is_some() {
            return Err(unbindable(
                "MASTER_KEY is given by value in .env; put it into secrets/master_key first",
            ));
        }
        let key = std::fs::read_to_string(master::path(layout, Some(&env)));
        let bound = std::fs::read_to_string(layout.dir().join(bound::FILE)).ok();
        Ok(Self {
            layout,
            env,
            env_text,
            master: Zeroizing::new(key.unwrap_or_default()),
            bound,
        })
    }

    fn bind(&self, step: Step, bound: &Bound) -> Result<(), Error> {
        match step {
            Step::Sealed => bound::write(self.layout, bound),
            Step::SwitchedOn => self.switch(Some("1")),
            Step::Emptied => self.master(""),
        }
    }

    fn switch(&self, value: Option<&str>) -> Result<(), Error> {
        let mut env = self.env.clone();
        env.set(bound::SWITCH, value.unwrap_or_default());
        let path = self.layout.env_file();
        place(&path, env.to_text().as_bytes(), MODE, None)
    }

    fn master(&self, text: &str) -> Result<(), Error> {
        let path = master::path(self.layout, Some(&self.env));
        place(&path, text.as_bytes(), MODE, Some(APP_USER))
    }

    fn put_back(&self) -> Result<(), Error> {
        self.master(&self.master)?;
        let path = self.layout.env_file();
        place(&path, self.env_text.as_bytes(), MODE, None)?;
        let path = self.layout.dir().join(bound::FILE);
        match &self.bound {
            Some(text) => place(&path, text.as_bytes(), MODE, Some(APP_USER)),
            None => remove(&path).map_err(Error::file("cannot remove", &path)),
        }
    }
}

/// Makes the change, and the app anew; when the app does not become ready, everything is put back.
async fn serve(
    change: impl FnOnce() -> Result<(), Error>,
    files: &Files<'_>,
    state: &State,
    patience: Patience,
    call: &Call<'_>,
) -> Result<(), Error> {
    let compose = call.compose(&state.project);
    let outcome = match change() {
        Ok(()) => started(&compose, state, patience, call).await,
        Err(error) => Err(error),
    };
    let Err(error) = outcome else {
        return Ok(());
    };
    call.console
        .warn("it did not work out; putting everything back");
    files.put_back()?;
    if let Err(again) = compose.renew_app().await {
        call.console.warn(&in_words(&again));
    }
    Err(error)
}

async fn started(
    compose: &Compose,
    state: &State,
    patience: Patience,
    call: &Call<'_>,
) -> Result<(), Error> {
    compose.renew_app().await?;
    let run = Run {
        project: state.project.clone(),
        ..Run::default()
    };
    let mut site = recover::site(&run, call).await?;
    site.patience = patience.get();
    ready::announced(&site, site.patience).await?;
    ready::prove(&site).await
}

#[cfg(test)]
mod tests {
    use license::binding::Bound;
    use zeroize::Zeroizing;

    use super::{BINDING, Files};
    use crate::bound::{self, Here, tests::license};
    use crate::facts;
    use crate::layout::Layout;
    use crate::master::{self, Master};

    /// What opens the vault now, bound or not.
    fn master(layout: &Layout) -> [u8; 32] {
        match master::find(layout).unwrap() {
            Master::Plain(key) => *key,
            Master::Bound => *here(layout)
                .open(&bound::read(layout).unwrap(), &license(1))
                .unwrap(),
            Master::Elsewhere => panic!("it is lost"),
        }
    }

    fn here(layout: &Layout) -> Here {
        let env = facts::env_file(layout).unwrap();
        Here::with(&"01".repeat(32), env.as_ref()).unwrap()
    }

    #[test]
    fn killed_after_any_step_the_key_is_there_and_the_next_run_ends_it() {
        for steps in 0..=BINDING.len() {
            let room = tempfile::tempdir().unwrap();
            let layout = Layout::new(room.path()).unwrap();
            let write = |name: &str, text: &str| std::fs::write(room.path().join(name), text);
            std::fs::create_dir(layout.secrets()).unwrap();
            std::fs::create_dir(room.path().join("license")).unwrap();
            let id = room.path().join("machine-id");
            write("machine-id", &"a".repeat(32)).unwrap();
            write(".env", &format!("HOST_MACHINE_ID={}\n", id.display())).unwrap();
            write("secrets/master_key", &"07".repeat(32)).unwrap();
            let key = Zeroizing::new([7; 32]);
            let sealed = here(&layout).seal(Bound::default(), &license(1), &key);
            let sealed = sealed.unwrap();

            let files = Files::remember(&layout).unwrap();
            for step in BINDING.iter().take(steps) {
                files.bind(*step, &sealed).unwrap();
            }
            assert_eq!(master(&layout), *key, "killed after {steps} steps");

            let files = Files::remember(&layout).unwrap();
            for step in BINDING {
                files.bind(step, &sealed).unwrap();
            }
            assert_eq!(master(&layout), *key);
            assert!(matches!(master::find(&layout).unwrap(), Master::Bound));
            assert!(master::in_file(&layout).unwrap().is_none());
            // And when the app does not open it, everything is as that run found it.
            files.put_back().unwrap();
            assert_eq!(master(&layout), *key);
        }
    }
}
