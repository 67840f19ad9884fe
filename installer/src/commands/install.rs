//! `install`: look, decide, show, do.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use console::{ExitCode, duration};
use serde::Serialize;

use super::decide::{Asked, Decided, decide, prepare, show};
use super::patience::Patience;
use super::ports::Ports;
use super::{Call, admin_link, recover, setup_link};
use crate::apply::{self, Lock};
use crate::error::Error;
use crate::escrow::{Mode, Wish, hand_over};
use crate::state;
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
    #[command(flatten)]
    wish: Wish,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    wanted(&options.wish, call)?;
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
    go(decided, &lock, (options.patience, &options.wish), call).await
}

/// Does what was agreed to.
pub(super) async fn go(
    decided: Decided,
    lock: &Lock,
    (patience, wish): (Patience, &Wish),
    call: &Call<'_>,
) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let mode = wanted(wish, call)?;
    let mut work = prepare(decided, call, lock.made(), patience, None).await?;
    apply::apply(&mut work).await?;
    escrow(mode, wish, call)?;
    report(&work, call, started).await
}

/// Whether there is a recovery key.
fn has_escrow(call: &Call<'_>) -> Result<bool, Error> {
    let escrow = state::read(&call.layout)?.and_then(|state| state.escrow);
    Ok(escrow.is_some())
}

/// What was decided about a recovery key, where there is none yet.
fn wanted(wish: &Wish, call: &Call<'_>) -> Result<Option<Mode>, Error> {
    if has_escrow(call)? {
        return Ok(None);
    }
    wish.decide(call.console)
}

fn escrow(mode: Option<Mode>, wish: &Wish, call: &Call<'_>) -> Result<(), Error> {
    match mode {
        Some(mode) => {
            hand_over(&call.layout, mode, wish, call.now, call.console)?;
        }
        None if wish.is_none() || has_escrow(call)? => {}
        None => call.console.warn(
            "no recovery key was made, since its shares would reach nobody: backups open with their own \
             key alone. `vaultterm-install escrow renew` makes one, on a terminal or with --shares-out",
        ),
    }
    Ok(())
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
    /// Absent once there is a platform admin.
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_link: Option<String>,
    seconds: f64,
}

async fn report(work: &Work<'_>, call: &Call<'_>, started: Instant) -> Result<ExitCode, Error> {
    // Once somebody is at home there is nothing to set up, and no link.
    let link = setup_link::make(&work.site.engine, &work.choices.project)
        .await
        .ok();
    let first = admin_link::make(&work.site.engine, &work.choices.project, None)
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
    if !has_escrow(call)? {
        console.say(&format!(
            "  keep a copy of {} in a safe place: without it the vault cannot be opened again",
            work.site.layout.secrets().join("master_key").display()
        ));
    }
    if let Some(first) = &first {
        console.say("Open this link once, to become the first platform admin (through a tunnel, see the guide):");
        console.say(&format!("  {}", first.url));
    }
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
        admin_link: first.map(|link| link.url),
        seconds: started.elapsed().as_secs_f64(),
    });
    Ok(ExitCode::Done)
}
