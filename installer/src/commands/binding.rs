//! Binding the master key to the licence and this host, and undoing that.
//!
//! The server itself says whether it opens the key: until it has, the key stays where it was before.
//! What is killed in between leaves files that fit each other, or that `rebind` makes fit.

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
use crate::master::{self, Master, MasterKey};
use crate::state::{self, State};
use crate::steps::ready;
use crate::{facts, licence};

const MODE: u32 = 0o600;

/// Binds a master key that lies in the clear.
pub(super) async fn bind(patience: Patience, call: &Call<'_>) -> Result<(), Error> {
    let state = state::require(&call.layout)?;
    let _lock = Lock::take(call.layout.dir())?;
    let master = match master::find(&call.layout)? {
        Master::Plain(master) => master,
        Master::Bound => return Err(unbindable("it is bound already")),
        Master::Elsewhere => return Err(unbindable("it is not on this server")),
    };
    // Without shares a broken host would be the end of the vault.
    require_escrow(&state, &master)?;
    let bound = sealed(&master, call)?;
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
    let files = Files::remember(call)?;
    let change = || {
        bound::write(&call.layout, &bound)?;
        files.switch(Some("1"))?;
        files.master("")
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
    let files = Files::remember(call)?;
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
    let files = Files::remember(call)?;
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

fn sealed(master: &MasterKey, call: &Call<'_>) -> Result<Bound, Error> {
    let license = licence::open(&call.layout.license())?;
    Here::look(&call.layout)?.seal(Bound::default(), &license, master)
}

/// The files that binding changes, as they were.
struct Files<'a> {
    call: &'a Call<'a>,
    env: EnvFile,
    env_text: String,
    master: Zeroizing<String>,
    bound: Option<String>,
}

impl<'a> Files<'a> {
    fn remember(call: &'a Call<'a>) -> Result<Self, Error> {
        let path = call.layout.env_file();
        let env_text = std::fs::read_to_string(&path).map_err(Error::file("cannot read", &path))?;
        let env = EnvFile::parse(&env_text, &path)?;
        if env.get("MASTER_KEY").is_some() {
            return Err(unbindable(
                "MASTER_KEY is given by value in .env; put it into secrets/master_key first",
            ));
        }
        let key = std::fs::read_to_string(master::path(&call.layout, Some(&env)));
        let bound = std::fs::read_to_string(call.layout.dir().join(bound::FILE)).ok();
        Ok(Self {
            call,
            env,
            env_text,
            master: Zeroizing::new(key.unwrap_or_default()),
            bound,
        })
    }

    fn switch(&self, value: Option<&str>) -> Result<(), Error> {
        let mut env = self.env.clone();
        env.set(bound::SWITCH, value.unwrap_or_default());
        let path = self.call.layout.env_file();
        place(&path, env.to_text().as_bytes(), MODE, None)
    }

    fn master(&self, text: &str) -> Result<(), Error> {
        let path = master::path(&self.call.layout, Some(&self.env));
        place(&path, text.as_bytes(), MODE, Some(APP_USER))
    }

    fn put_back(&self) -> Result<(), Error> {
        self.master(&self.master)?;
        let path = self.call.layout.env_file();
        place(&path, self.env_text.as_bytes(), MODE, None)?;
        let path = self.call.layout.dir().join(bound::FILE);
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
