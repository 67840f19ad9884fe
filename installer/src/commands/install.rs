//! `install` and `plan`: look, decide, show, do.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use console::{ExitCode, duration};
use license::root::Chain;
use offline::Manifest;
use serde::Serialize;

use super::patience::Patience;
use super::ports::Ports;
use super::{Call, preflight, recover, setup_link};
use crate::apply::{self, Lock, Run, Unfinished};
use crate::before::Before;
use crate::bundle::{self, Opened};
use crate::choices::{Choices, Wishes};
use crate::engine::Engine;
use crate::error::Error;
use crate::facts::{self, Facts};
use crate::licence::{self, Checked};
use crate::plan::{self, Plan, Shown, Stored};
use crate::postgres::{DATABASE, Postgres};
use crate::state;
use crate::steps::{Kind, Site, Upgrading, Work};

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
    #[command(flatten)]
    patience: Patience,
}

/// What was asked for, whichever command it was.
pub(super) struct Asked<'a> {
    pub(super) file: &'a Path,
    pub(super) license: Option<&'a Path>,
    pub(super) wishes: Wishes,
    /// Decided by what is installed when it is not given.
    pub(super) kind: Option<Kind>,
}

/// Everything that was looked at and decided.
pub(super) struct Decided {
    pub(super) opened: Opened,
    pub(super) facts: Facts,
    pub(super) choices: Choices,
    pub(super) plan: Plan,
    checks: Vec<plan::Check>,
    license: Checked,
    pub(super) kind: Kind,
    /// What an upgrade finds in the database.
    pub(super) stored: Stored,
}

impl Decided {
    /// The room that an upgrade takes.
    pub(super) fn rooms(&self) -> plan::Rooms {
        plan::rooms(&self.plan, self.opened.bundle.manifest(), &self.stored)
    }
}

impl Options {
    fn asked(&self, kind: Option<Kind>, call: &Call<'_>) -> Asked<'_> {
        let project = call.global.project.clone();
        Asked {
            file: &self.file,
            license: self.license.as_deref(),
            wishes: self.ports.wishes(project, self.base_url.clone()),
            kind,
        }
    }
}

/// `plan`.
pub(crate) async fn plan(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let decided = decide(options.asked(None, call), call).await?;
    show(&decided, call);
    call.console.result_json(&Shown {
        kind: decided.kind,
        version: &decided.plan.version,
        changes: &decided.plan.lines,
        pending: &decided.stored.pending,
        checks: &decided.checks,
    });
    call.console.result("Nothing was changed.");
    Ok(ExitCode::Done)
}

/// `install`.
pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let lock = Lock::take(call.layout.dir())?;
    recover::before(Kind::Install, call).await?;
    let decided = decide(options.asked(Some(Kind::Install), call), call).await?;
    show(&decided, call);
    if !call.console.confirm("Install?") {
        return Err(Error::Declined);
    }
    let mut work = prepare(decided, call, lock.made(), options.patience, None).await?;
    apply::apply(&mut work).await?;
    report(&work, call, started).await
}

/// Looks and decides. Refusals come in the order in which they can be helped: the bundle, the
/// host, the licence.
pub(super) async fn decide(asked: Asked<'_>, call: &Call<'_>) -> Result<Decided, Error> {
    let opened = bundle::open(asked.file, call)?;
    let manifest = opened.bundle.manifest();
    call.console.say(&format!(
        "VaultTerm {} for {}/{}, signed by {}",
        manifest.version,
        manifest.os,
        manifest.architecture,
        opened.signers()
    ));
    let env = facts::env_file(&call.layout)?;
    let choices = Choices::make(asked.wishes, env.as_ref());
    let facts = facts::gather(&call.layout, &call.global.docker_host, &choices, call.now).await?;
    let kind = asked
        .kind
        .unwrap_or_else(|| preflight::kind(&facts, Some(manifest)));
    let checks = plan::checks(&facts, Some(manifest), kind);
    preflight::show(&checks, call.console);
    if let Some(refusal) = preflight::refusal(&checks) {
        return Err(refusal);
    }
    let license = find_license(asked.license, call)?;
    let stored = match kind {
        Kind::Install | Kind::Restore => Stored::default(),
        Kind::Upgrade => stored(manifest, &choices, call).await?,
    };
    let plan = match kind {
        Kind::Install | Kind::Restore => plan::plan(&facts, &choices, manifest),
        Kind::Upgrade => plan::upgrade(&facts, &choices, manifest, &stored),
    };
    Ok(Decided {
        opened,
        facts,
        choices,
        plan,
        checks,
        license,
        kind,
        stored,
    })
}

/// What the database that serves has, and lacks.
async fn stored(manifest: &Manifest, choices: &Choices, call: &Call<'_>) -> Result<Stored, Error> {
    let engine = Engine::connect(&call.global.docker_host).await?;
    let postgres = Postgres::of_project(&engine, &choices.project).await?;
    let done = postgres.migrations(DATABASE).await?;
    let all = manifest.migrations.iter().map(|entry| entry.version);
    Ok(Stored {
        pending: all.filter(|number| !done.contains(number)).collect(),
        size: postgres.size(DATABASE).await?,
    })
}

/// The licence that was given, or the one that is installed.
fn find_license(given: Option<&Path>, call: &Call<'_>) -> Result<Checked, Error> {
    let path = match given {
        Some(path) => path.to_owned(),
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

pub(super) fn show(decided: &Decided, call: &Call<'_>) {
    call.console.heading("What will be done");
    for line in &decided.plan.lines {
        call.console.say(&format!("  - {line}"));
    }
}

pub(super) async fn prepare<'a>(
    decided: Decided,
    call: &Call<'a>,
    made: &[PathBuf],
    patience: Patience,
    upgrade: Option<Upgrading>,
) -> Result<Work<'a>, Error> {
    let project = decided.choices.project.clone();
    let open = match apply::unfinished(&call.layout)? {
        Some(open) => open,
        None => Unfinished {
            run: Run {
                kind: decided.kind,
                id: state::new_run()?,
                version: decided.plan.version.clone(),
                project: project.clone(),
                before: Before::of(&decided.facts, made),
                rollback: false,
            },
            ..Unfinished::default()
        },
    };
    // Plain keys know of no roots; what an earlier release brought is not lost by that.
    let taken_over = decided.opened.bundle.trust().chain();
    let before = decided.facts.installed.as_ref();
    let roots = taken_over
        .map(Chain::carried)
        .or_else(|| before.and_then(|state| state.roots.clone()));
    Ok(Work {
        site: Site {
            console: call.console,
            layout: call.layout.clone(),
            engine: Engine::connect(&call.global.docker_host).await?,
            compose: call.compose(&project),
            run: open.run,
            patience: patience.get(),
        },
        plan: decided.plan,
        manifest: decided.opened.bundle.manifest().clone(),
        signers: decided.opened.signer_ids(),
        roots,
        choices: decided.choices,
        license: decided.license,
        now: call.now,
        kept: decided.facts.kept,
        begun: open.begun,
        bundle: Some(decided.opened),
        images: std::collections::BTreeMap::new(),
        upgrade,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    installed: bool,
    version: &'a str,
    keys: &'static str,
    dir: &'a Path,
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
    let link = setup_link::make(&work.site.engine, &work.choices.project)
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
        work.site.layout.secrets().join("admin_token").display()
    ));
    console.say(&format!(
        "  keep a copy of {} in a safe place: without it the vault cannot be opened again",
        work.site.layout.secrets().join("master_key").display()
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
        dir: work.site.layout.dir(),
        project: &choices.project,
        url: &choices.base_url,
        admin_url: choices.admin_url(),
        setup_link: link.map(|link| link.url),
        seconds: started.elapsed().as_secs_f64(),
    });
    Ok(ExitCode::Done)
}
