//! `preflight`: is this host ready?

use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode, bytes, table};
use offline::Manifest;

use super::Call;
use super::ports::Ports;
use crate::bench::{self, Measured};
use crate::choices::Choices;
use crate::engine::Engine;
use crate::error::Error;
use crate::facts::Facts;
use crate::files::place;
use crate::plan::{self, Check, Verdict, checks};
use crate::steps::Kind;
use crate::{bundle, facts, licence};

/// Check the host: engine, Compose, disks, memory, ports, clock. Nothing is changed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle that is to be installed; without it, only what does not depend on one.
    file: Option<PathBuf>,
    /// The licence that is to be used; that of the installation when none is named.
    #[arg(long, value_name = "FILE")]
    license: Option<PathBuf>,
    #[command(flatten)]
    ports: Ports,
    /// Measure the disk, the engine and, where one is installed, a scratch database: a plan's times
    /// come from there. It takes some seconds, and is kept in bench.json where VaultTerm is installed.
    #[arg(long)]
    bench: bool,
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
    let mut checks = checks(&facts, manifest, kind(&facts, manifest));
    checks.extend(maintenance(options.license.as_deref(), manifest, call)?);
    call.console.say(rows(&checks).trim_end());
    let measured = if options.bench {
        Some(measure(&facts, call).await?)
    } else {
        None
    };
    call.console.result_json(&serde_json::json!({
        "ready": refusal(&checks).is_none(), "checks": checks, "measured": measured,
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

/// Whether the licence covers the release, where there are both: before the medium is unplugged.
fn maintenance(
    given: Option<&Path>,
    manifest: Option<&Manifest>,
    call: &Call<'_>,
) -> Result<Option<Check>, Error> {
    let installed = call.layout.license();
    let path = given.or_else(|| installed.exists().then_some(&*installed));
    let (Some(path), Some(manifest)) = (path, manifest) else {
        return Ok(None);
    };
    let covered = licence::covers(&licence::open(path)?, manifest);
    Ok(Some(plan::maintenance(covered, manifest)))
}

async fn measure(facts: &Facts, call: &Call<'_>) -> Result<Measured, Error> {
    let bar = call.console.progress("Measuring", None);
    let engine = Engine::connect(&call.global.docker_host).await?;
    let installed = facts.installed.as_ref();
    let database = installed.and_then(|state| {
        let image = state.images.get("db")?;
        Some((image.as_str(), state.project.as_str()))
    });
    let dir = call.layout.dir().ancestors().find(|path| path.is_dir());
    let dir = dir.unwrap_or(Path::new("/"));
    let measured = bench::measure(dir, &engine, database).await?;
    bar.done("Measured");
    let mut lines = vec![
        format!("a small write is on the disk in {} µs", measured.sync_us),
        format!("{}/s are written", bytes(measured.write)),
        format!("{}/s are loaded into the engine", bytes(measured.load)),
    ];
    if let (Some(restore), Some(clone)) = (measured.restore, measured.clone) {
        lines.push(format!("{}/s of a database are restored", bytes(restore)));
        lines.push(format!("{}/s of a database are cloned", bytes(clone)));
    }
    lines.iter().for_each(|line| call.console.tick(line));
    if installed.is_some() {
        let text = serde_json::to_vec(&measured).unwrap_or_default();
        place(&call.layout.measured(), &text, 0o644, None)?;
    }
    Ok(measured)
}

/// The checks as a table; a cure stands below what it cures, for it may be a long sentence.
pub(super) fn rows(checks: &[Check]) -> String {
    let cells = checks.iter().map(|check| {
        let mark = match check.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "look",
            Verdict::Failed => "NO",
        };
        vec![mark.to_owned(), check.name.to_owned(), check.fact.clone()]
    });
    let rows = table(&cells.collect::<Vec<_>>());
    let mut text = String::new();
    for (row, check) in rows.lines().zip(checks) {
        text.push_str(row);
        text.push('\n');
        if let Some(hint) = &check.hint {
            text.push_str(&format!("      what to do: {hint}\n"));
        }
    }
    text
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
