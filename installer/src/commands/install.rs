//! `install`: look, decide, show, do.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use console::{ExitCode, duration};
use serde::Serialize;

use super::decide::{Asked, Decided, decide, prepare, show};
use super::patience::Patience;
use super::ports::Ports;
use super::{Call, recover, setup_link};
use crate::apply::{self, Lock};
use crate::error::Error;
use crate::steps::{Kind, Work};

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

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let lock = recover::begin(Kind::Install, call).await?;
    let project = call.global.project.clone();
    let asked = Asked {
        file: &options.file,
        license: options.license.as_deref(),
        wishes: options.ports.wishes(project, options.base_url.clone()),
        kind: Some(Kind::Install),
    };
    let decided = decide(asked, call).await?;
    show(&decided, call);
    if !call.console.confirm("Install?") {
        return Err(Error::Declined);
    }
    go(decided, &lock, options.patience, call).await
}

/// Does what was agreed to.
pub(super) async fn go(
    decided: Decided,
    lock: &Lock,
    patience: Patience,
    call: &Call<'_>,
) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let mut work = prepare(decided, call, lock.made(), patience, None).await?;
    apply::apply(&mut work).await?;
    report(&work, call, started).await
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
