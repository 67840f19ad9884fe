//! Waiting until the server itself says that it is ready.

use std::time::{Duration, Instant};

use super::{Site, Work};
use crate::engine::{Container, Engine};
use crate::error::Error;

const PAUSE: Duration = Duration::from_millis(50);
/// So many looks at a container that restarts over and over, and it is not coming.
const RESTARTS: u32 = 240;
/// What `/readyz` says where the master key is bound to something else.
const SEALED: &str = "\"reason\":\"sealed\"";
/// The lines of its log that are shown with a failure.
const LOG_LINES: u32 = 12;

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    // What took long in the rehearsal takes long again, and perhaps longer: something serves beside.
    let rehearsed = work
        .upgrade
        .as_ref()
        .and_then(|upgrade| upgrade.rehearsed_ms);
    let rehearsed = Duration::from_millis(rehearsed.unwrap_or_default());
    announced(&work.site, work.site.patience + rehearsed * 3).await?;
    if let Some(upgrade) = &mut work.upgrade {
        upgrade.away_ms = upgrade
            .stopped
            .map(|stopped| u64::try_from(stopped.elapsed().as_millis()).unwrap_or(u64::MAX));
        prove(&work.site).await?;
        work.site.console.tick("It opens what it stored");
    }
    Ok(())
}

/// Waits, and says so.
pub(crate) async fn announced(site: &Site<'_>, patience: Duration) -> Result<(), Error> {
    let bar = site
        .console
        .progress("Waiting until VaultTerm is ready", None);
    wait(site, patience).await?;
    bar.done("VaultTerm is ready");
    Ok(())
}

/// Returns when the app says that it is ready.
pub(super) async fn wait(site: &Site<'_>, patience: Duration) -> Result<(), Error> {
    let started = Instant::now();
    let mut restarts = 0;
    loop {
        let app = site.app().await?;
        let report = match &app {
            Some(app) if app.state == "running" => match readiness(&site.engine, app).await {
                Ok(_) => return Ok(()),
                Err(report) => report,
            },
            Some(app) => {
                restarts += 1;
                format!("the app is {}", app.state)
            }
            None => "there is no app container".to_owned(),
        };
        // A vault that is shut does not open by waiting.
        let shut = report.contains(SEALED);
        if shut || started.elapsed() > patience || restarts > RESTARTS {
            return Err(not_ready(&site.engine, app.as_ref(), started, report).await);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The app's own proof of life: it opens a secret, writes and takes it back, asks the cache.
pub(crate) async fn prove(site: &Site<'_>) -> Result<(), Error> {
    let started = Instant::now();
    let Some(app) = site.app().await? else {
        let report = "there is no app container".to_owned();
        return Err(not_ready(&site.engine, None, started, report).await);
    };
    let command = ["/vaultterm-app", "selftest"];
    let (code, out, err) = site.engine.exec(&app.id, &command).await?;
    if code == 0 {
        return Ok(());
    }
    let report = format!("its self-test failed: {}{}", out.trim(), err.trim());
    Err(not_ready(&site.engine, Some(&app), started, report).await)
}

/// The app's container.
pub(crate) async fn app(engine: &Engine, project: &str) -> Result<Option<Container>, Error> {
    let containers = engine.containers(project).await?;
    Ok(containers
        .into_iter()
        .find(|container| container.service == "app"))
}

/// What `/readyz` says: the document when it is ready, and when it is not, why.
pub(crate) async fn readiness(
    engine: &Engine,
    app: &Container,
) -> Result<serde_json::Value, String> {
    let command = ["/vaultterm-app", "healthcheck", "--ready"];
    let (code, out, err) = engine
        .exec(&app.id, &command)
        .await
        .map_err(|error| error.to_string())?;
    if code == 0 {
        serde_json::from_str(&out).map_err(|error| error.to_string())
    } else if out.trim().is_empty() {
        Err(err.trim().to_owned())
    } else {
        Err(out.trim().to_owned())
    }
}

async fn not_ready(
    engine: &Engine,
    app: Option<&Container>,
    started: Instant,
    report: String,
) -> Error {
    let mut report = report;
    if let Some(app) = app {
        let log = engine.log_tail(&app.id, LOG_LINES).await;
        if !log.is_empty() {
            report = format!("{report}\n{log}");
        }
    }
    Error::NotReady {
        seconds: started.elapsed().as_secs(),
        report,
    }
}
