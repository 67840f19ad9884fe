//! `restore`: what a backup holds takes the place of what is stored; on a server with nothing, after
//! an installation from the bundle.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use console::{ExitCode, duration};
use license::binding::Bound;

use super::decide::{self, decide, prepare, show};
use super::patience::Patience;
use super::{Call, backup::place, recover};
use crate::apply::{self, Lock, Run};
use crate::backup::{self, Custody, Files, Header, LICENSE_STATE, Opening, Sealing};
use crate::before::Before;
use crate::bound::{self, Here};
use crate::choices::{Choices, Wishes};
use crate::engine::Engine;
use crate::error::Error;
use crate::files::{APP_USER, folder, place as place_file, remove};
use crate::licence;
use crate::master::MasterKey;
use crate::state::{self, State};
use crate::steps::{Kind, Restoring, Site};
use crate::{facts, kept};

/// Restore a backup. It is proved first; what is stored now is put aside, and `rollback` takes it
/// back.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The backup; its name in the folder of backups is enough.
    file: PathBuf,
    /// Where nothing is installed: the bundle of the release that the backup was made with.
    #[arg(long, value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// Take a backup of another installation.
    #[arg(long)]
    other_installation: bool,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    opening: Opening,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let asked = Asked {
        file: &options.file,
        bundle: options.bundle.as_deref(),
        other_installation: options.other_installation,
        patience: options.patience,
    };
    go(&asked, || options.opening.sealing(call.console), call).await
}

/// What is to be restored, whichever command it was.
pub(super) struct Asked<'a> {
    pub(super) file: &'a Path,
    pub(super) bundle: Option<&'a Path>,
    pub(super) other_installation: bool,
    pub(super) patience: Patience,
}

/// Does it. The keys are asked for once nothing else speaks against it.
pub(super) async fn go(
    options: &Asked<'_>,
    keys: impl FnOnce() -> Result<Sealing, Error>,
    call: &Call<'_>,
) -> Result<ExitCode, Error> {
    let started = Instant::now();
    // Restored twice, it would put aside what it has just brought, and drop what was there before.
    let ended = recover::has_ended(Kind::Restore, call)?;
    let lock = recover::begin(Kind::Restore, call).await?;
    if ended {
        call.console.result(
            "The restore that broke off had reached its end. To restore once more, run it again.",
        );
        call.console
            .result_json(&serde_json::json!({ "restored": true, "before": true }));
        return Ok(ExitCode::Done);
    }
    let named = call.layout.backups().join(options.file);
    let path = if options.file.exists() {
        options.file.to_owned()
    } else {
        named
    };
    let sealing = Arc::new(keys()?);
    let (header, files) = read(&path, &sealing, call).await?;
    let custody = Custody::of(&files, &sealing)?;
    let fresh = state::read(&call.layout)?.is_none();
    if fresh {
        install(options, (&header, &files, &custody), &lock, call).await?;
    }
    let state = state::require(&call.layout)?;
    check(options, &header, &state, fresh, call)?;
    let engine = Engine::connect(&call.global.docker_host).await?;
    let proved = backup::drill(place(call, &engine), &state, &path, Arc::clone(&sealing)).await?;
    call.console.heading("What will be done");
    call.console.say(&format!(
        "  - put the database aside as it is, and restore {} rows of release {}",
        proved.contents.rows(),
        header.version
    ));
    call.console
        .say("  - keep what `rollback` needs to take it back, until the next upgrade or restore");
    if !call.console.confirm("Restore?") {
        return Err(Error::Declined);
    }
    let mut restoring = Restoring {
        site: site(&state, &engine, options.patience, call).await?,
        begun: Vec::new(),
        state,
        path,
        sealing,
        installation: header.installation.clone(),
        contents: proved.contents,
        custody,
    };
    apply::apply(&mut restoring).await?;
    call.console.heading(&format!(
        "The backup of release {} is restored ({})",
        header.version,
        duration(started.elapsed())
    ));
    call.console.result("Restored");
    call.console.result_json(&serde_json::json!({
        "restored": true, "backup": header, "rows": restoring.contents.rows(),
        "tables": restoring.contents.tables, "seconds": started.elapsed().as_secs_f64(),
    }));
    Ok(ExitCode::Done)
}

/// The small files, once all of the backup was found whole.
async fn read(
    path: &Path,
    sealing: &Arc<Sealing>,
    call: &Call<'_>,
) -> Result<(Header, Files), Error> {
    let bar = call.console.progress("Opening the backup", None);
    let (from, sealing) = (path.to_owned(), Arc::clone(sealing));
    let reading = tokio::task::spawn_blocking(move || backup::files(&from, &sealing));
    let found = reading.await.map_err(|error| Error::Database {
        what: "opening the backup".to_owned(),
        said: error.to_string(),
    })??;
    bar.done("The backup is whole");
    Ok(found)
}

/// Refuses what the installed release could not read, and what belongs to somebody else.
fn check(
    options: &Asked<'_>,
    header: &Header,
    state: &State,
    fresh: bool,
    call: &Call<'_>,
) -> Result<(), Error> {
    if header.installation != state.installation && !options.other_installation && !fresh {
        return Err(Error::OtherInstallation);
    }
    let manifest = kept::manifest(&call.layout, &state.version);
    let known: Vec<u32> = manifest
        .iter()
        .flat_map(|manifest| &manifest.migrations)
        .map(|entry| entry.version)
        .collect();
    if header
        .migrations
        .iter()
        .all(|number| known.contains(number))
    {
        Ok(())
    } else {
        Err(Error::NewerBackup {
            backup: header.version.clone(),
            installed: state.version.clone(),
        })
    }
}

/// Installs the release of the backup with the backup's own settings, secrets and licence.
async fn install(
    options: &Asked<'_>,
    (header, files, custody): (&Header, &Files, &Custody),
    lock: &Lock,
    call: &Call<'_>,
) -> Result<(), Error> {
    let Some(bundle) = options.bundle else {
        return Err(Error::NoBundle(header.version.clone()));
    };
    let layout = &call.layout;
    let mut placed = Vec::new();
    let installed = async {
        for (name, bytes) in files {
            let wanted = [".env", "docker-compose.override.yml"].contains(&name.as_str());
            if !wanted && !name.starts_with("secrets/") && !name.starts_with("license/") {
                continue;
            }
            // It belongs to the database that is to come, and not to the empty one before.
            if name == LICENSE_STATE {
                continue;
            }
            if let Some((parent, _)) = name.split_once('/') {
                placed.push(layout.dir().join(parent));
                folder(&layout.dir().join(parent), 0o700, Some(APP_USER))?;
            } else {
                placed.push(layout.dir().join(name));
            }
            let owner = (name != ".env").then_some(APP_USER);
            place_file(&layout.dir().join(name), bytes, 0o600, owner)?;
        }
        if let Some(master) = custody.master.as_ref().filter(|_| custody.bound) {
            bind_here(master, call)?;
        }
        let asked = decide::Asked {
            file: bundle,
            license: None,
            wishes: Wishes {
                project: call.global.project.clone(),
                ..Wishes::default()
            },
            kind: Some(Kind::Install),
        };
        let decided = decide(asked, call).await?;
        if decided.plan.version != header.version {
            return Err(Error::NoBundle(header.version.clone()));
        }
        show(&decided, call);
        if !call.console.confirm("Install, and then restore?") {
            return Err(Error::Declined);
        }
        let mut work = prepare(decided, call, lock.made(), options.patience, None).await?;
        apply::apply(&mut work).await
    };
    let ended = installed.await;
    if ended.is_err() {
        for path in placed {
            remove(&path).map_err(Error::file("cannot remove", &path))?;
        }
    }
    ended
}

/// A bound master key is bound to this host from now on.
fn bind_here(master: &MasterKey, call: &Call<'_>) -> Result<(), Error> {
    let license = licence::open(&call.layout.license())?;
    let bound = Here::look(&call.layout)?.seal(Bound::default(), &license, master)?;
    bound::write(&call.layout, &bound)
}

async fn site<'a>(
    state: &State,
    engine: &Engine,
    patience: Patience,
    call: &Call<'a>,
) -> Result<Site<'a>, Error> {
    let env = facts::env_file(&call.layout)?;
    let choices = Choices::make(Wishes::default(), env.as_ref());
    let facts = facts::gather(&call.layout, &call.global.docker_host, &choices, call.now).await?;
    Ok(Site {
        console: call.console,
        layout: call.layout.clone(),
        engine: engine.clone(),
        compose: call.compose(&state.project),
        run: Run {
            kind: Kind::Restore,
            id: state::new_run()?,
            version: state.version.clone(),
            project: state.project.clone(),
            before: Before::of(&facts, &[]),
            rollback: false,
        },
        patience: patience.get(),
    })
}
