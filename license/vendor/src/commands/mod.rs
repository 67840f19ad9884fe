//! One file for each verb: its options, and `run`.

pub(crate) mod fingerprint;
pub(crate) mod issue;
pub(crate) mod keygen;
pub(crate) mod log;
mod pages;
pub(crate) mod renew;
pub(crate) mod rotate;
pub(crate) mod show;
pub(crate) mod verify;

use console::{Console, ExitCode};
use time::OffsetDateTime;

use crate::cli::Command;
use crate::error::Error;

/// Does what was asked at the instant `now`.
pub(crate) fn run(
    command: Command,
    console: &Console,
    now: OffsetDateTime,
) -> Result<ExitCode, Error> {
    match command {
        Command::Keygen(options) => keygen::run(&options, console),
        Command::Issue(options) => issue::run(&options, console, now),
        Command::Renew(options) => renew::run(&options, console, now),
        Command::Show(options) => show::run(&options, console),
        Command::Verify(options) => verify::run(&options, console, now),
        Command::Fingerprint(options) => fingerprint::run(&options, console),
        Command::Log(options) => log::run(&options, console),
        Command::Rotate(options) => rotate::run(&options, console, now),
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { dir } => pages::man(&dir),
    }
}
