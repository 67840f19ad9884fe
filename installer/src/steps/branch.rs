//! The database has A and B: an upgrade with migrations works on a clone, and what was there before
//! waits, closed, to be taken again as it is.

use std::time::{Duration, Instant};

use super::{Site, Work, aside};
use crate::error::Error;
use crate::postgres::{Branches, Postgres};
use crate::state::{self, State};

/// How long the server may take to answer again: it goes through its log after a crash.
const RECOVERY: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let upgrade = work.upgrade.as_ref();
    let pending = upgrade.is_some_and(|upgrade| !upgrade.pending.is_empty());
    let postgres = Postgres::of_project(&work.site.engine, &work.site.run.project).await?;
    let branches = Branches::of(&work.site.run.id);
    // The record first: it must not promise a way back that is gone.
    forget_previous(&work.site)?;
    postgres.forget(&branches).await?;
    if pending {
        let bar = work.site.console.progress("Cloning the database", None);
        postgres.branch(&branches).await?;
        aside::note(&work.site, &postgres).await?;
        bar.done("The database is put aside, and a clone of it is in its place");
    }
    Ok(())
}

/// The way back to the release before the installed one ends here: there is room for one.
pub(super) fn forget_previous(site: &Site<'_>) -> Result<(), Error> {
    if let Some(state) = state::read(&site.layout)?
        && state.previous.is_some()
    {
        let state = State {
            previous: None,
            ..state
        };
        state::write(&site.layout, &state)?;
    }
    site.forget_originals(Some(&site.run.id))
}

/// The server, once it answers: on a disk that was full it may be on its feet again in a moment.
async fn answering(site: &Site<'_>) -> Result<Postgres, Error> {
    let started = Instant::now();
    loop {
        let found = Postgres::of_project(&site.engine, &site.run.project).await;
        let answers = match &found {
            Ok(postgres) => postgres.answers().await.unwrap_or(false),
            Err(_) => false,
        };
        if answers || started.elapsed() > RECOVERY {
            return found;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

pub(super) async fn undo(site: &Site<'_>) -> Result<(), Error> {
    let postgres = answering(site).await?;
    postgres
        .unbranch(&Branches::of(&site.run.id))
        .await
        .map(drop)
}
