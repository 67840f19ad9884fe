//! The app stops for the cut-over; undoing starts the one of before, and waits until it is ready.

use super::{Site, ready, start};
use crate::error::Error;

pub(super) async fn apply(site: &Site<'_>) -> Result<(), Error> {
    let bar = site.console.progress("Stopping the app", None);
    if let Some(app) = site.app().await? {
        site.engine.stop_app(&app.id).await?;
    }
    bar.done("The app has stopped");
    Ok(())
}

pub(super) async fn undo(site: &Site<'_>) -> Result<(), Error> {
    start::up(site).await?;
    ready::wait(site, site.patience).await
}
