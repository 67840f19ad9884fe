//! `verify`: is every byte of a bundle what its signer promised?

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use clap::Args;
use console::ExitCode;
use offline::layer;

use super::Call;
use crate::bundle::{self, Opened};
use crate::damage;
use crate::error::Error;

/// Verify a bundle: its signature and every byte behind it. Nothing is changed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle, or its first volume; `-` reads standard input.
    file: PathBuf,
    /// Decompress every layer as well, and compare its diff ID.
    #[arg(long)]
    deep: bool,
}

pub(crate) fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let opened = bundle::open(&options.file, call.global.trust.as_deref(), call.console)?;
    let signer = opened.bundle.signer().to_string();
    let path = opened.path.clone();
    let manifest = read_through(opened, options.deep, call)
        .map_err(|error| damage::locate(&path, error, call))?;
    call.console.result(&format!(
        "{}: VaultTerm {} signed by {signer}, whole and unchanged",
        path.display(),
        manifest.version
    ));
    call.console.result_json(&serde_json::json!({
        "file": path, "verified": true, "version": manifest.version, "signer": signer,
        "members": manifest.members.len(),
    }));
    Ok(ExitCode::Done)
}

fn read_through(
    opened: Opened,
    deep: bool,
    call: &Call<'_>,
) -> Result<offline::Manifest, offline::Error> {
    let Opened {
        mut bundle,
        read,
        size,
        ..
    } = opened;
    let manifest = bundle.manifest().clone();
    let total = size.unwrap_or_else(|| manifest.total_size());
    let mut bar = call.console.progress("Verifying", Some(total));
    let mut shown = 0;
    while let Some(member) = bundle.next_member()? {
        match manifest.layer(&member.member().sha256) {
            Some((_, layer)) if deep => layer::decode(member, *layer)?.finish()?,
            _ => member.finish()?,
        }
        let now = read.load(Ordering::Relaxed);
        bar.advance(now - shown);
        shown = now;
    }
    let manifest = bundle.finish()?;
    bar.done("Every byte is as signed");
    Ok(manifest)
}
