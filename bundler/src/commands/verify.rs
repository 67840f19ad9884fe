//! `verify`: is every byte of a bundle what its signer promised?

use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode};
use offline::read::Verified;
use offline::{Manifest, layer};
use serde::Serialize;

use crate::error::Error;
use crate::opened::{self, Source};

/// Verify a bundle: its signature and every byte behind it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle, or its first volume.
    file: PathBuf,
    /// Decompress every layer as well, and compare its diff ID.
    #[arg(long)]
    deep: bool,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    file: &'a Path,
    verified: bool,
    version: &'a str,
    signer: String,
    members: usize,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let path = &options.file;
    let bundle = opened::open(path, options.trust.as_deref(), console)?;
    let signer = super::signers(bundle.signers());
    let manifest = read_through(bundle, options.deep, console)
        .map_err(|error| located(options, error, console))?;
    console.result(&format!(
        "{}: VaultTerm {} signed by {signer}, whole and unchanged",
        path.display(),
        manifest.version
    ));
    console.result_json(&Report {
        file: path,
        verified: true,
        version: &manifest.version,
        signer,
        members: manifest.members.len(),
    });
    Ok(ExitCode::Done)
}

/// A refusal with all places of the damage, where the whole of the bundle can be looked at.
fn located(options: &Options, error: offline::Error, console: &Console) -> Error {
    let survey = opened::hold(&options.file, options.trust.as_deref())
        .and_then(|held| Ok((opened::survey(&held, console)?, held)));
    match survey {
        Ok((survey, held)) if !survey.is_clean() => Error::damaged(&held, &survey, Some(error)),
        _ => Error::of_bundle(&options.file, error),
    }
}

/// Reads every member to its end.
fn read_through(
    mut bundle: Verified<Source>,
    deep: bool,
    console: &Console,
) -> Result<Manifest, offline::Error> {
    let manifest = bundle.manifest().clone();
    let mut bar = console.progress("Verifying", Some(manifest.total_size()));
    while let Some(member) = bundle.next_member()? {
        let size = member.member().size;
        match manifest.layer(&member.member().sha256) {
            Some((_, layer)) if deep => layer::decode(member, *layer)?.finish()?,
            _ => member.finish()?,
        }
        bar.advance(size);
    }
    let manifest = bundle.finish()?;
    bar.done("Every member is as promised");
    Ok(manifest)
}
