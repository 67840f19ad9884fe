//! `vaultterm-bundle`: packs a release into one signed file on a connected build host.

mod basis;
mod cli;
mod commands;
mod contents;
mod error;
mod generated;
mod instant;
mod meter;
mod opened;
mod output;
mod packer;
mod provenance;
mod recipe;
mod runbook;
mod sbom;
mod signer;
mod sources;
mod trust;
mod variables;

use clap::Parser as _;
use console::{Console, Settings};

fn main() -> std::process::ExitCode {
    let cli = cli::Cli::parse();
    let console = Console::new(Settings::detect(cli.json, cli.verbose, false));
    match commands::run(cli.command, &console) {
        Ok(code) => code.into(),
        Err(failure) => console.fail(&failure),
    }
}
