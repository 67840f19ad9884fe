//! One file per verb.

pub(crate) mod build;
pub(crate) mod inspect;
pub(crate) mod keygen;
mod pages;
pub(crate) mod verify;

use console::{Console, ExitCode};

use crate::cli::Command;
use crate::error::Error;

/// Does what was asked.
pub(crate) fn run(command: Command, console: &Console) -> Result<ExitCode, Error> {
    match command {
        Command::Keygen(options) => keygen::run(&options, console),
        Command::Build(options) => build::run(&options, console),
        Command::Verify(options) => verify::run(&options, console),
        Command::Inspect(options) => inspect::run(&options, console),
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { dir } => pages::man(&dir),
    }
}
