//! `upgrade`: look, decide, show, back up, rehearse, cut over, prove; or be as before.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use console::{ExitCode, duration};

use super::decide::{Asked, Decided, decide, prepare, show};
use super::patience::Patience;
use super::{Call, recover};
use crate::apply::{self, Lock};
use crate::backup::{Keys, Sealing};
use crate::choices::Wishes;
use crate::error::Error;
use crate::state;
use crate::steps::{Kind, Upgrading, Work};

/// Upgrade the installed release from a bundle. A backup is taken and proved first; whatever fails
/// is put back.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle, complete or a delta; `-` reads standard input.
    file: PathBuf,
    /// A new licence file; without it the installed one stays.
    #[arg(long, value_name = "FILE")]
    license: Option<PathBuf>,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    keys: Keys,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let lock = Lock::take(call.layout.dir())?;
    let state = state::require(&call.layout)?;
    recover::before(Kind::Upgrade, call).await?;
    let asked = Asked {
        file: &options.file,
        license: options.license.as_deref(),
        wishes: Wishes {
            project: Some(state.project.clone()),
            ..Wishes::default()
        },
        kind: Some(Kind::Upgrade),
    };
    let decided = decide(asked, call).await?;
    // Asked for before the plan is agreed to: without a key there is no backup, and no upgrade.
    let sealing = options.keys.sealing(&call.layout)?;
    show(&decided, call);
    if !call.console.confirm("Upgrade?") {
        return Err(Error::Declined);
    }
    go(decided, sealing, &lock, options.patience, call).await
}

/// Does what was agreed to.
pub(super) async fn go(
    decided: Decided,
    sealing: Sealing,
    lock: &Lock,
    patience: Patience,
    call: &Call<'_>,
) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let upgrade = Upgrading {
        state: state::require(&call.layout)?,
        sealing: Arc::new(sealing),
        pending: decided.stored.pending.clone(),
        rooms: decided.rooms(),
        backup: None,
        rehearsed_ms: None,
        away_ms: None,
        stopped: None,
    };
    let from = upgrade.state.version.clone();
    let mut work = prepare(decided, call, lock.made(), patience, Some(upgrade)).await?;
    apply::apply(&mut work).await?;
    report(&work, &from, call, started);
    Ok(ExitCode::Done)
}

fn report(work: &Work<'_>, from: &str, call: &Call<'_>, started: Instant) {
    let Some(upgrade) = &work.upgrade else { return };
    let console = call.console;
    console.heading(&format!(
        "VaultTerm {from} is upgraded to {} ({})",
        work.manifest.version,
        duration(started.elapsed())
    ));
    if let Some(away) = upgrade.away_ms {
        let away = duration(std::time::Duration::from_millis(away));
        console.say(&format!("  away         {away}"));
    }
    let backup = upgrade.backup.as_ref();
    let backup = backup.map(|entry| call.layout.backups().join(&entry.file));
    if let Some(path) = &backup {
        console.say(&format!("  backup       {}", path.display()));
    }
    console.say("  a way back   vaultterm-install rollback");
    console.result(&work.choices.base_url);
    console.result_json(&serde_json::json!({
        "upgraded": true, "from": from, "version": work.manifest.version,
        "migrations": upgrade.pending, "backup": backup, "awayMs": upgrade.away_ms,
        "rehearsedMs": upgrade.rehearsed_ms, "seconds": started.elapsed().as_secs_f64(),
    }));
}
