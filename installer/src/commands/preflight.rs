//! `preflight`: is this host ready?

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode};
use offline::Manifest;

use super::Call;
use super::ports::Ports;
use crate::choices::Choices;
use crate::error::Error;
use crate::facts::Facts;
use crate::plan::{Check, Verdict, checks};
use crate::steps::Kind;
use crate::{bundle, facts};

/// Check the host: engine, Compose, disks, memory, ports, clock. Nothing is changed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle that is to be installed; without it, only what does not depend on one.
    file: Option<PathBuf>,
    #[command(flatten)]
    ports: Ports,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let opened = match &options.file {
        Some(path) => Some(bundle::open(path, call)?),
        None => None,
    };
    let env = facts::env_file(&call.layout)?;
    let wishes = options.ports.wishes(call.global.project.clone(), None);
    let choices = Choices::make(wishes, env.as_ref());
    let facts = facts::gather(&call.layout, &call.global.docker_host, &choices, call.now).await?;
    let manifest = opened.as_ref().map(|opened| opened.bundle.manifest());
    let checks = checks(&facts, manifest, kind(&facts, manifest));
    show(&checks, call.console);
    call.console.result_json(&serde_json::json!({
        "ready": refusal(&checks).is_none(), "checks": checks,
    }));
    match refusal(&checks) {
        // With --json the checks are the one object; the exit code says the rest.
        Some(_) if call.console.is_json() => Ok(ExitCode::Preflight),
        Some(error) => Err(error),
        None => {
            call.console.result("The host is ready.");
            Ok(ExitCode::Done)
        }
    }
}

/// Shows every check as a line.
pub(super) fn show(checks: &[Check], console: &Console) {
    console.heading("Checking the host");
    for check in checks {
        let hint = check.hint.as_deref().unwrap_or_default();
        match check.verdict {
            Verdict::Ok => console.tick(&check.fact),
            Verdict::Warning => console.warn(&format!("{}: {hint}", check.fact)),
            Verdict::Failed => console.cross(&format!("{}\n    what to do: {hint}", check.fact)),
        }
    }
}

/// The refusal, when a check failed.
pub(super) fn refusal(checks: &[Check]) -> Option<Error> {
    let failed = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Failed);
    let facts: Vec<String> = failed.map(|check| check.fact.clone()).collect();
    (!facts.is_empty()).then_some(Error::Preflight(facts))
}

/// What would be done with the bundle here.
pub(super) fn kind(facts: &Facts, manifest: Option<&Manifest>) -> Kind {
    let other = |manifest: &Manifest| {
        let installed = facts.installed.as_ref();
        installed.is_some_and(|state| state.version != manifest.version)
    };
    if manifest.is_some_and(other) {
        Kind::Upgrade
    } else {
        Kind::Install
    }
}
