//! `install` and `plan`: look, decide, show, do.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use console::{ExitCode, duration};
use license::root::Chain;
use serde::Serialize;

use super::ports::Ports;
use super::{Call, preflight, setup_link};
use crate::apply::{self, Lock};
use crate::before::Before;
use crate::bundle::{self, Opened};
use crate::choices::Choices;
use crate::engine::Engine;
use crate::error::Error;
use crate::facts::{self, Facts};
use crate::licence::{self, Checked};
use crate::plan::{self, Plan, Shown};
use crate::steps::Work;

/// Install VaultTerm from a bundle: verify, load, start, wait until it is ready.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle; `-` reads standard input.
    file: PathBuf,
    /// The vendor's licence file.
    #[arg(long, value_name = "FILE")]
    license: Option<PathBuf>,
    /// The address under which people reach the portal; https, unless it is localhost.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    #[command(flatten)]
    ports: Ports,
}

/// Everything that was looked at and decided.
struct Decided {
    opened: Opened,
    facts: Facts,
    choices: Choices,
    plan: Plan,
    checks: Vec<plan::Check>,
    license: Checked,
}

/// `plan`.
pub(crate) async fn plan(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let decided = decide(options, call).await?;
    show(&decided, call);
    call.console.result_json(&Shown {
        version: &decided.plan.version,
        changes: &decided.plan.lines,
        checks: &decided.checks,
    });
    call.console.result("Nothing was changed.");
    Ok(ExitCode::Done)
}

/// `install`.
pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let lock = Lock::take(call.layout.dir())?;
    let decided = decide(options, call).await?;
    show(&decided, call);
    if !call.console.confirm("Install?") {
        return Err(Error::Declined);
    }
    let mut work = prepare(decided, call, lock.made()).await?;
    apply::apply(&mut work).await?;
    report(&work, call, started).await
}

/// Looks and decides. Refusals come in the order in which they can be helped: the bundle, the
/// host, the licence.
async fn decide(options: &Options, call: &Call<'_>) -> Result<Decided, Error> {
    let opened = bundle::open(&options.file, call)?;
    let manifest = opened.bundle.manifest();
    call.console.say(&format!(
        "VaultTerm {} for {}/{}, signed by {}",
        manifest.version,
        manifest.os,
        manifest.architecture,
        opened.signers()
    ));
    let env = facts::env_file(&call.layout)?;
    let wishes = options
        .ports
        .wishes(call.global.project.clone(), options.base_url.clone());
    let choices = Choices::make(wishes, env.as_ref());
    let facts = facts::gather(&call.layout, &call.global.docker_host, &choices, call.now).await?;
    let checks = plan::checks(&facts, Some(manifest));
    preflight::show(&checks, call.console);
    if let Some(refusal) = preflight::refusal(&checks) {
        return Err(refusal);
    }
    let license = find_license(options, call)?;
    let plan = plan::plan(&facts, &choices, manifest);
    Ok(Decided {
        opened,
        facts,
        choices,
        plan,
        checks,
        license,
    })
}

/// The licence that was given, or the one that is installed.
fn find_license(options: &Options, call: &Call<'_>) -> Result<Checked, Error> {
    let path = match &options.license {
        Some(path) => path.clone(),
        None if call.layout.license().exists() => call.layout.license(),
        None => return Err(Error::NoLicense),
    };
    let license = licence::check(&path, &call.layout, call.now)?;
    call.console.tick(&license.describe());
    if let Some(warning) = license.warning() {
        call.console.warn(&warning);
    }
    Ok(license)
}

fn show(decided: &Decided, call: &Call<'_>) {
    call.console.heading("What will be done");
    for line in &decided.plan.lines {
        call.console.say(&format!("  - {line}"));
    }
}

async fn prepare<'a>(
    decided: Decided,
    call: &Call<'a>,
    made: &[PathBuf],
) -> Result<Work<'a>, Error> {
    let engine = Engine::connect(&call.global.docker_host).await?;
    let compose = call.compose(&decided.choices.project);
    let open = apply::unfinished(&call.layout).unwrap_or_else(|| apply::Unfinished {
        before: Before::of(&decided.facts, made),
        begun: Vec::new(),
    });
    // Plain keys know of no roots; what an earlier release brought is not lost by that.
    let taken_over = decided.opened.bundle.trust().chain();
    let before = decided.facts.installed.as_ref();
    let roots = taken_over
        .map(Chain::carried)
        .or_else(|| before.and_then(|state| state.roots.clone()));
    Ok(Work {
        console: call.console,
        layout: call.layout.clone(),
        engine,
        compose,
        plan: decided.plan,
        manifest: decided.opened.bundle.manifest().clone(),
        signers: decided.opened.signer_ids(),
        roots,
        choices: decided.choices,
        license: decided.license,
        now: call.now,
        kept: decided.facts.kept,
        before: open.before,
        begun: open.begun,
        bundle: Some(decided.opened),
        images: std::collections::BTreeMap::new(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    installed: bool,
    version: &'a str,
    keys: &'static str,
    dir: &'a std::path::Path,
    project: &'a str,
    url: &'a str,
    admin_url: String,
    /// Absent once the first organisation exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    setup_link: Option<String>,
    seconds: f64,
}

async fn report(work: &Work<'_>, call: &Call<'_>, started: Instant) -> Result<ExitCode, Error> {
    // Once somebody is at home there is nothing to set up, and no link.
    let link = setup_link::make(&work.engine, &work.choices.project)
        .await
        .ok();
    let choices = &work.choices;
    let console = call.console;
    console.heading(&format!(
        "VaultTerm {}{} is installed ({})",
        work.manifest.version,
        license::keys::kind().version_suffix(),
        duration(started.elapsed())
    ));
    console.say(&format!("  portal       {}", choices.base_url));
    console.say(&format!(
        "  admin plane  {} (token: {})",
        choices.admin_url(),
        work.layout.secrets().join("admin_token").display()
    ));
    console.say(&format!(
        "  keep a copy of {} in a safe place: without it the vault cannot be opened again",
        work.layout.secrets().join("master_key").display()
    ));
    match &link {
        Some(link) => {
            console.say("Open this link once, to make the first organisation and its owner:");
            console.result(&link.url);
        }
        None => console.result(&choices.base_url),
    }
    console.result_json(&Report {
        installed: true,
        version: &work.manifest.version,
        keys: license::keys::kind().as_str(),
        dir: work.layout.dir(),
        project: &choices.project,
        url: &choices.base_url,
        admin_url: choices.admin_url(),
        setup_link: link.map(|link| link.url),
        seconds: started.elapsed().as_secs_f64(),
    });
    Ok(ExitCode::Done)
}
