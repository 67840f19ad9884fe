//! `verify`: is every byte of a bundle what its signer promised?

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode};
use offline::read::Verified;
use offline::{Manifest, layer};
use serde::Serialize;

use crate::error::Error;
use crate::trust;

/// Verify a bundle: its signature, every member, every layer.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle.
    file: PathBuf,
    /// Trust the keys of this file instead of those compiled in.
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
    let keys = trust::keys(options.trust.as_deref())?;
    let file = open(path)?;
    let refused = |error| Error::of_bundle(path, error);
    let bundle = offline::read::open(file)
        .and_then(|bundle| bundle.verify(&keys))
        .map_err(refused)?;
    let signer = bundle.signer().to_string();
    let manifest = read_through(bundle, console).map_err(refused)?;
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

/// Opens a bundle for one pass from its beginning to its end.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::Input {
        path: path.to_owned(),
        source,
    })
}

/// Reads every member to its end; layers are decompressed on the way.
fn read_through(mut bundle: Verified<File>, console: &Console) -> Result<Manifest, offline::Error> {
    let manifest = bundle.manifest().clone();
    let mut bar = console.progress("Verifying", Some(manifest.total_size()));
    while let Some(member) = bundle.next_member()? {
        let size = member.member().size;
        match manifest.layer(&member.member().sha256) {
            Some((_, layer)) => layer::decode(member, *layer)?.finish()?,
            None => member.finish()?,
        }
        bar.advance(size);
    }
    let manifest = bundle.finish()?;
    bar.done("Every member is as promised");
    Ok(manifest)
}
