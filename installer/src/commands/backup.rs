//! `backup`: make one, prove one, list them, let old ones go.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use console::{ExitCode, bytes, table};
use time::format_description::well_known::Rfc3339;

use super::{Call, schedule};
use crate::apply::Lock;
use crate::backup::{self, Entry, Keys, Opening, Place, Shelf};
use crate::engine::Engine;
use crate::error::Error;
use crate::state;
use crate::steps::ready;

/// Back up everything into one encrypted file, and prove it by restoring it into a scratch database.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(flatten)]
    keys: Keys,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Prove a backup again: open it, restore it into a scratch database, compare every table.
    Verify(Verify),
    /// List the backups.
    List,
    /// Remove all but the newest backups.
    Prune(Prune),
    Schedule(Schedule),
}

/// Make backups by the clock, with a timer of systemd.
#[derive(Debug, Args)]
struct Schedule {
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    options: schedule::Options,
}

#[derive(Debug, Args)]
struct Verify {
    /// The backup; its name in the folder of backups is enough.
    file: PathBuf,
    #[command(flatten)]
    opening: Opening,
}

#[derive(Debug, Args)]
struct Prune {
    /// How many to keep; the newest always stays.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    match &options.verb {
        None => create(options, call).await,
        Some(Verb::Verify(options)) => verify(options, call).await,
        Some(Verb::List) => list(call),
        Some(Verb::Prune(options)) => prune(options, call),
        Some(Verb::Schedule(Schedule { keys, options })) => schedule::run(options, keys, call),
    }
}

async fn create(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let state = state::require(&call.layout)?;
    let _lock = Lock::take(call.layout.dir())?;
    // A passphrase is asked for before any work is done.
    let sealing = Arc::new(options.keys.sealing(&call.layout)?);
    let engine = Engine::connect(&call.global.docker_host).await?;
    let entry = backup::create(place(call, &engine), &state, sealing).await?;
    if let Err(error) = tell(&engine, &state.project, &entry).await {
        let why = error.to_string();
        call.console
            .warn(&format!("the server does not know of it yet: {why}"));
    }
    let path = call.layout.backups().join(&entry.file);
    call.console.say(&format!(
        "{} with {} rows, proved by restoring it",
        bytes(entry.size),
        entry.rows
    ));
    call.console.result(&path.display().to_string());
    call.console
        .result_json(&serde_json::json!({ "path": path, "backup": entry }));
    Ok(ExitCode::Done)
}

/// Tells the server of a backup, so that the admin plane can say how old the newest is. The backup is
/// there, whatever comes of it.
async fn tell(engine: &Engine, project: &str, entry: &Entry) -> Result<(), Error> {
    let Some(app) = ready::app(engine, project).await? else {
        return Ok(());
    };
    let at = entry.header.created.format(&Rfc3339).unwrap_or_default();
    let bytes = entry.size.to_string();
    let command = [
        "/vaultterm-app",
        "backup-made",
        "--at",
        &at,
        "--bytes",
        &bytes,
    ];
    let (code, _, said) = engine.exec(&app.id, &command).await?;
    if code == 0 {
        return Ok(());
    }
    Err(Error::Database {
        what: "noting a backup".to_owned(),
        said: said.trim().to_owned(),
    })
}

pub(super) fn place<'a>(call: &'a Call<'_>, engine: &'a Engine) -> Place<'a> {
    Place {
        console: call.console,
        layout: &call.layout,
        engine,
        now: call.now,
    }
}

async fn verify(options: &Verify, call: &Call<'_>) -> Result<ExitCode, Error> {
    let state = state::require(&call.layout)?;
    let named = call.layout.backups().join(&options.file);
    let path = if options.file.exists() {
        options.file.clone()
    } else {
        named
    };
    let _lock = Lock::take(call.layout.dir())?;
    let sealing = Arc::new(options.opening.sealing(call.console)?);
    let engine = Engine::connect(&call.global.docker_host).await?;
    let proved = backup::drill(place(call, &engine), &state, &path, sealing).await?;
    let contents = &proved.contents;
    call.console.result(&format!(
        "{}: VaultTerm {}, {} tables with {} rows, all as they were",
        path.display(),
        proved.header.version,
        contents.tables.len(),
        contents.rows()
    ));
    call.console.result_json(&serde_json::json!({
        "path": path, "proved": true, "backup": proved.header, "tables": contents.tables,
        "milliseconds": proved.milliseconds,
    }));
    Ok(ExitCode::Done)
}

fn list(call: &Call<'_>) -> Result<ExitCode, Error> {
    let entries = Shelf::of(&call.layout).entries()?;
    if entries.is_empty() {
        call.console
            .result("There is no backup yet: vaultterm-install backup");
    } else {
        call.console.result(page(&entries).trim_end());
    }
    call.console.result_json(&entries);
    Ok(ExitCode::Done)
}

fn prune(options: &Prune, call: &Call<'_>) -> Result<ExitCode, Error> {
    let _lock = Lock::take(call.layout.dir())?;
    let gone = Shelf::of(&call.layout).prune(usize::from(options.keep))?;
    for entry in &gone {
        call.console.tick(&format!("removed {}", entry.file));
    }
    call.console
        .result(&format!("{} backups removed", gone.len()));
    call.console
        .result_json(&serde_json::json!({ "removed": gone }));
    Ok(ExitCode::Done)
}

fn page(entries: &[Entry]) -> String {
    let mut rows = vec![
        ["made", "release", "rows", "size", "file"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(entries.iter().map(|entry| {
        let made = entry.header.created.format(&Rfc3339);
        vec![
            made.unwrap_or_default(),
            entry.header.version.clone(),
            entry.rows.to_string(),
            bytes(entry.size),
            entry.file.clone(),
        ]
    }));
    table(&rows)
}
