//! Containers up, and down again when that was this run's doing.

use super::{Kind, Site};
use crate::error::Error;

pub(super) async fn apply(site: &Site<'_>) -> Result<(), Error> {
    let bar = site.console.progress("Starting the containers", None);
    site.compose.up().await?;
    bar.done("The containers run");
    Ok(())
}

/// An upgrade's app stops and stays until the files are as they were: then Compose makes the one of
/// before in its place. An installation's containers go.
pub(super) async fn undo(site: &Site<'_>) -> Result<(), Error> {
    if site.run.kind != Kind::Install {
        return match site.app().await? {
            Some(app) => site.engine.stop_app(&app.id).await,
            None => Ok(()),
        };
    }
    if site.run.before.containers {
        return Ok(());
    }
    for container in site.engine.containers(&site.run.project).await? {
        site.engine.remove_container(&container.id).await?;
    }
    for network in site.engine.networks(&site.run.project).await? {
        if !site.run.before.networks.contains(&network) {
            site.engine.remove_network(&network).await?;
        }
    }
    for volume in site.engine.volumes(&site.run.project).await? {
        if !site.run.before.volumes.contains(&volume) {
            site.engine.remove_volume(&volume).await?;
        }
    }
    Ok(())
}
