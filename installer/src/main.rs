//! `vaultterm-install`: verifies, installs and looks after VaultTerm on a server without a network.
//!
//! Look, decide, show, do: [`facts`] looks at the host and changes nothing, [`plan`] decides as a
//! pure function of the facts, the commands show the plan, [`apply`] does it step by step.

mod apply;
mod backup;
mod before;
mod bench;
mod bound;
mod bundle;
mod choices;
mod cli;
mod codes;
mod commands;
mod compose;
mod damage;
mod doctor;
mod engine;
mod envfile;
mod error;
mod escrow;
mod facts;
mod files;
mod kept;
mod layout;
mod licence;
mod master;
mod meter;
mod plan;
mod postgres;
mod schedule;
mod shortcut;
mod state;
mod steps;
mod support;
mod trust;

use clap::Parser as _;
use console::{Console, Settings};

fn main() -> std::process::ExitCode {
    let cli = cli::Cli::parse();
    let global = &cli.global;
    let console = Console::new(Settings::detect(global.json, global.verbose, global.yes));
    #[expect(
        clippy::disallowed_methods,
        reason = "main is the rim where the clock is read"
    )]
    let now = time::OffsetDateTime::now_utc();
    match commands::run(cli, &console, now) {
        Ok(code) => code.into(),
        Err(failure) => console.fail(&failure),
    }
}
