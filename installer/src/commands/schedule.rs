//! `backup schedule`: a backup at a certain time, every time.

use std::path::PathBuf;

use clap::Args;
use console::ExitCode;

use super::Call;
use crate::apply::Lock;
use crate::backup::{Keys, Unattended};
use crate::error::Error;
use crate::files::place;
use crate::schedule::{Job, Systemd, is_time};
use crate::state::{self, State};

/// Make backups by the clock, with a timer of systemd. Without options: every night, the last 14 stay.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// When, as systemd's OnCalendar takes it, such as `02:30` or `Mon..Fri 22:00`.
    #[arg(long, value_name = "TIME", default_value = "02:30")]
    at: String,
    /// How many backups stay; the newest always does.
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    /// Show the units, and write nothing.
    #[arg(long, conflicts_with = "off")]
    print: bool,
    /// Remove the timer again.
    #[arg(long)]
    off: bool,
    /// Write the units below another root, such as that of an image that is being made.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

pub(super) fn run(options: &Options, keys: &Keys, call: &Call<'_>) -> Result<ExitCode, Error> {
    let state = state::require(&call.layout)?;
    if options.off {
        return off(options, &state, call);
    }
    is_time(&options.at)?;
    let unattended = keys.unattended(&call.layout)?;
    let job = job(options, &unattended, &state, call)?;
    if options.print {
        for unit in job.units() {
            call.console
                .result(&format!("# {}\n{}", unit.name, unit.text.trim_end()));
        }
        call.console
            .result_json(&serde_json::json!({ "units": texts(&job) }));
        return Ok(ExitCode::Done);
    }
    let systemd = Systemd::find(options.root.as_deref())?;
    let _lock = Lock::take(call.layout.dir())?;
    note(&unattended, call)?;
    let path = systemd.enable(&job)?;
    call.console.say(&format!(
        "Backups are made at {}, each proved by restoring it; the last {} stay.\n\
         Make one now: systemctl start {}.service",
        options.at,
        options.keep,
        Job::name(&state.project)
    ));
    call.console.result(&path.display().to_string());
    call.console.result_json(&serde_json::json!({
        "scheduled": true, "at": options.at, "keep": options.keep, "timer": path,
    }));
    Ok(ExitCode::Done)
}

fn off(options: &Options, state: &State, call: &Call<'_>) -> Result<ExitCode, Error> {
    let systemd = Systemd::find(options.root.as_deref())?;
    let removed = systemd.disable(&state.project)?;
    call.console.result(if removed {
        "No backups are made by the clock any more; those that are there stay."
    } else {
        "There was no timer."
    });
    call.console
        .result_json(&serde_json::json!({ "scheduled": false, "removed": removed }));
    Ok(ExitCode::Done)
}

fn job(
    options: &Options,
    unattended: &Unattended,
    state: &State,
    call: &Call<'_>,
) -> Result<Job, Error> {
    let program = call.layout.program();
    let program = if program.exists() {
        program
    } else {
        std::env::current_exe().map_err(Error::file("cannot find", &program))?
    };
    Ok(Job {
        dir: call.layout.dir().to_owned(),
        program,
        docker_host: call.global.docker_host.clone(),
        project: state.project.clone(),
        at: options.at.clone(),
        keep: options.keep,
        password_file: match unattended {
            Unattended::PasswordFile(path) => Some(path.clone()),
            Unattended::Recipients(_) => None,
        },
    })
}

/// Recipients that were named now are those of every night from now on.
fn note(unattended: &Unattended, call: &Call<'_>) -> Result<(), Error> {
    let Unattended::Recipients(recipients) = unattended else {
        return Ok(());
    };
    crate::backup::Shelf::of(&call.layout).make()?;
    let mut text = recipients.join("\n");
    text.push('\n');
    let path = call.layout.recipients();
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let known = |recipient: &String| there.lines().any(|line| line.trim() == recipient);
    if recipients.iter().all(known) {
        return Ok(());
    }
    place(&path, text.as_bytes(), 0o600, None)
}

fn texts(job: &Job) -> serde_json::Value {
    job.units()
        .into_iter()
        .map(|unit| (unit.name, serde_json::Value::String(unit.text)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
