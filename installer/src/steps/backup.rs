//! The backup before an upgrade. It is restored into a scratch database, and there the new release's
//! migrations are rehearsed: backup and migrations are proved in one act, and production is untouched.

use std::sync::Arc;
use std::time::Instant;

use super::{Site, Upgrading, Work};
use crate::backup::{self, Place, Proved, Shelf};
use crate::error::Error;
use crate::postgres::DATABASE;

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let Some(upgrade) = &mut work.upgrade else {
        return Ok(());
    };
    let place = Place {
        console: work.site.console,
        layout: &work.site.layout,
        engine: &work.site.engine,
        now: work.now,
    };
    let writing = backup::begin(place, &upgrade.state, Arc::clone(&upgrade.sealing)).await?;
    let sealing = &upgrade.sealing;
    let proved =
        backup::restore_into_scratch(place, &upgrade.state, &writing.partial, sealing).await?;
    upgrade.backup = Some(writing.keep(place, &proved)?);
    if !upgrade.pending.is_empty() {
        let image = work.images.get("app").cloned().unwrap_or_default();
        upgrade.rehearsed_ms = Some(rehearse(&work.site, &proved, &image, upgrade).await?);
    }
    undo(&work.site).await
}

/// Runs the new release's migrations; how long they took, in milliseconds.
async fn rehearse(
    site: &Site<'_>,
    proved: &Proved,
    image: &str,
    upgrade: &Upgrading,
) -> Result<u64, Error> {
    let bar = site.console.progress("Rehearsing the migrations", None);
    let started = Instant::now();
    let said = proved.scratch.run_app(image, "migrate").await?;
    let done = proved.scratch.postgres().migrations(DATABASE).await?;
    let missing = upgrade.pending.iter().any(|number| !done.contains(number));
    if said.code != 0 || missing {
        return Err(Error::Rehearsal(said.log));
    }
    bar.done("The migrations were rehearsed on the restored backup");
    Ok(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// The scratch database goes. A backup that was proved is worth keeping, whatever came of it.
pub(super) async fn undo(site: &Site<'_>) -> Result<(), Error> {
    site.engine.remove_scratches(&site.run.project).await?;
    Shelf::of(&site.layout).forget_partial()
}
