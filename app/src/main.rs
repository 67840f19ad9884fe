//! `vaultterm-app`.

use clap::Parser as _;
use vaultterm_app::cli::{self, Cli};

fn main() -> std::process::ExitCode {
    cli::run(Cli::parse())
}
