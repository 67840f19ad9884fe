//! Containers up, and down again when that was this installation's doing.

use super::Work;
use crate::error::Error;

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let bar = work.console.progress("Starting the containers", None);
    work.compose.up().await?;
    bar.done("The containers run");
    Ok(())
}

pub(super) async fn undo(work: &mut Work<'_>) -> Result<(), Error> {
    let project = work.choices.project.clone();
    if work.before.containers {
        return Ok(());
    }
    for container in work.engine.containers(&project).await? {
        work.engine.remove_container(&container.id).await?;
    }
    for network in work.engine.networks(&project).await? {
        if !work.before.networks.contains(&network) {
            work.engine.remove_network(&network).await?;
        }
    }
    for volume in work.engine.volumes(&project).await? {
        if !work.before.volumes.contains(&volume) {
            work.engine.remove_volume(&volume).await?;
        }
    }
    Ok(())
}
