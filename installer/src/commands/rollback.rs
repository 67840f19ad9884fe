//! `rollback`: undo an upgrade that broke off, or go back to the release before.

use clap::Args;
use console::ExitCode;

use super::{Call, recover};
use crate::apply::{self, Lock, Recovery, Run, Unfinished};
use crate::error::Error;
use crate::state::{self, Previous, State};
use crate::steps::{Kind, aside};

/// Go back to the release before the last upgrade: files, images and database as they were when it
/// cut over. What was written since is put aside, and named.
#[derive(Debug, Args)]
pub(crate) struct Options {}

pub(crate) async fn run(_: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let _lock = Lock::take(call.layout.dir())?;
    let state = state::read(&call.layout)?;
    let previous = state.as_ref().and_then(|state| state.previous.as_ref());
    let recorded = previous.map(|previous| previous.run.as_str());
    let open = apply::unfinished(&call.layout)?;
    let decision = apply::decide(open.as_ref(), recorded);
    let open = match (decision, open, state) {
        (Recovery::GoOn | Recovery::TurnBack, Some(open), _) => {
            let version = &open.run.version;
            call.console
                .say(&format!("A run for release {version} broke off."));
            open
        }
        (
            _,
            _,
            Some(State {
                previous: Some(previous),
                version,
                project,
                ..
            }),
        ) => {
            if decision == Recovery::Settle {
                recover::before(Kind::Upgrade, call).await?;
            }
            let open = of_last_run(version, project, previous);
            // There is time to look first: what serves is not touched until then.
            aside::check(&recover::site(&open.run, call).await?).await?;
            open
        }
        _ => return Err(Error::NoWayBack),
    };
    let (from, to) = (open.run.version.clone(), open.run.before.version.clone());
    let to = to.unwrap_or_default();
    let question = format!(
        "Go back from release {from} to {to} as it was? What was written since is put aside."
    );
    if !call.console.confirm(&question) {
        return Err(Error::Declined);
    }
    let evidence = recover::turn_back(&open, call).await?;
    call.console.result(&match &evidence {
        Some(_) => format!("Rolled back to release {to}"),
        None => "Everything is as it was before".to_owned(),
    });
    call.console.result_json(&serde_json::json!({
        "rolledBack": true, "from": from, "to": to, "evidence": evidence,
    }));
    Ok(ExitCode::Done)
}

/// An upgrade or a restore that has ended is undone as one that broke off at its very end.
fn of_last_run(version: String, project: String, previous: Previous) -> Unfinished {
    let kind = if previous.version == version {
        Kind::Restore
    } else {
        Kind::Upgrade
    };
    Unfinished {
        begun: kind.steps().to_vec(),
        cut_over: true,
        turned_back: true,
        run: Run {
            kind,
            id: previous.run,
            version,
            project,
            before: previous.before,
            rollback: true,
        },
    }
}
