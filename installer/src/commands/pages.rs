//! Shell completions and man pages, made from the command line's own description.

use std::path::Path;

use clap::CommandFactory as _;
use console::ExitCode;

use crate::cli::Cli;
use crate::error::Error;

const NAME: &str = "vaultterm-install";

pub(super) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Error> {
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut std::io::stdout());
    Ok(ExitCode::Done)
}

pub(super) fn man(dir: &Path) -> Result<ExitCode, Error> {
    clap_mangen::generate_to(Cli::command(), dir).map_err(Error::file("cannot write", dir))?;
    Ok(ExitCode::Done)
}
