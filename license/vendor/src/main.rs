//! `vaultterm-license`: the vendor's tool that issues licences.
//!
//! It is a package of its own that nothing depends on, so that code which signs cannot end up in
//! a program that is shipped.

mod cli;
mod commands;
mod dates;
mod error;
mod issuing;
mod keystore;
mod log;
mod order;

use clap::Parser as _;
use console::{Console, Settings};

fn main() -> std::process::ExitCode {
    let cli = cli::Cli::parse();
    let console = Console::new(Settings::detect(cli.json, false, false));
    #[expect(
        clippy::disallowed_methods,
        reason = "main is the rim where the clock is read"
    )]
    let now = time::OffsetDateTime::now_utc();
    match commands::run(cli.command, &console, now) {
        Ok(code) => code.into(),
        Err(failure) => console.fail(&failure),
    }
}
