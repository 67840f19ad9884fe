//! Containers up, and down again when that was this run's doing.

use std::time::{Duration, Instant};

use super::{Kind, Site};
use crate::error::Error;

/// How long a service may take to be well again: a few of its health checks.
const RECOVERY: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn apply(site: &Site<'_>) -> Result<(), Error> {
    let bar = site.console.progress("Starting the containers", None);
    up(site).await?;
    bar.done("The containers run");
    Ok(())
}

/// Compose starts nothing on top of a service that was unwell a moment ago, as every service is on a
/// disk that was full. Its next health check may find it well again: that is waited for.
pub(super) async fn up(site: &Site<'_>) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        match site.compose.up().await {
            Err(Error::Compose { output, .. })
                if output.contains("is unhealthy") && started.elapsed() < RECOVERY =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            ended => return ended,
        }
    }
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
