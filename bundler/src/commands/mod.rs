//! One file per verb.

pub(crate) mod build;
pub(crate) mod cosign;
pub(crate) mod diff;
pub(crate) mod inspect;
pub(crate) mod keygen;
mod pages;
pub(crate) mod repair;
pub(crate) mod reproduce;
pub(crate) mod root;
pub(crate) mod sbom;
pub(crate) mod verify;
pub(crate) mod volumes;

use console::{Console, ExitCode};
use license::minisign::KeyId;

use crate::cli::Command;
use crate::error::Error;

/// Does what was asked.
pub(crate) fn run(command: Command, console: &Console) -> Result<ExitCode, Error> {
    match command {
        Command::Keygen(options) => keygen::run(&options, console),
        Command::Build(options) => build::run(&options, console),
        Command::Verify(options) => verify::run(&options, console),
        Command::Inspect(options) => inspect::run(&options, console),
        Command::Diff(options) => diff::run(&options, console),
        Command::Sbom(options) => sbom::run(&options, console),
        Command::Reproduce(options) => reproduce::run(&options, console),
        Command::Cosign(options) => cosign::run(&options, console),
        Command::Root(command) => root::run(&command, console),
        Command::Split(options) => volumes::split(&options, console),
        Command::Join(options) => volumes::join(&options, console),
        Command::RepairRequest(options) => repair::request(&options, console),
        Command::RepairAnswer(options) => repair::answer(&options, console),
        Command::Repair(options) => repair::heal(&options, console),
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { dir } => pages::man(&dir),
    }
}

/// Who signed, for people.
fn signers(keys: &[KeyId]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(", ")
}
