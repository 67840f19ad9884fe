//! `root`: who may sign releases. Roots are drafted, signed by several people one after the other,
//! and then carried by every bundle.

mod draft;
mod show;
mod sign;

use std::path::Path;

use clap::Subcommand;
use console::{Console, ExitCode};
use license::root::{Carried, Chain, ChainError};

use crate::error::Error;
use crate::output::Output;

/// Make, sign and show the roots: who may sign releases, and who may change that.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Draft(draft::Options),
    Sign(sign::Options),
    Show(show::Options),
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<ExitCode, Error> {
    match command {
        Command::Draft(options) => draft::run(options, console),
        Command::Sign(options) => sign::run(options, console),
        Command::Show(options) => show::run(options, console),
    }
}

/// Reads the envelope of a chain; nothing in it is believed.
fn read(path: &Path) -> Result<Carried, Error> {
    let text = console::read_bounded(path)?;
    Carried::parse(text.trim().as_bytes()).map_err(unusable(path))
}

/// Reads a chain that has all its signatures.
pub(super) fn read_whole(path: &Path) -> Result<Chain, Error> {
    Chain::anchor(&read(path)?).map_err(unusable(path))
}

fn unusable(path: &Path) -> impl FnOnce(ChainError) -> Error {
    let path = path.to_owned();
    move |source| Error::Roots { path, source }
}

/// Writes a chain in the place of the one that was there, or nothing.
fn write(carried: &Carried, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Output {
        path: path.to_owned(),
        source,
    };
    let output = Output::begin(path).map_err(failed)?;
    let mut file = output.file().map_err(failed)?;
    let text = format!("{}\n", carried.to_text());
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    output.finish().map_err(failed).map(drop)
}

/// What a chain still lacks; `None` when every root has its signatures.
fn lacking(carried: &Carried) -> Option<ChainError> {
    Chain::anchor(carried).err()
}
