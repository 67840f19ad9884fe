//! The app stops for the cut-over; undoing starts the one of before, and waits until it is ready.

use std::time::Instant;

use super::{Site, Work, ready};
use crate::error::Error;

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let bar = work.site.console.progress("Stopping the app", None);
    if let Some(upgrade) = &mut work.upgrade {
        upgrade.stopped = Some(Instant::now());
    }
    if let Some(app) = work.site.app().await? {
        work.site.engine.stop_container(&app.id).await?;
    }
    bar.done("The app has stopped");
    Ok(())
}

pub(super) async fn undo(site: &Site<'_>) -> Result<(), Error> {
    site.compose.up().await?;
    ready::wait(site).await
}
