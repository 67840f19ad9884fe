//! `verify`: is every byte of a bundle what its signer promised?

use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use clap::Args;
use console::ExitCode;
use offline::layer;
use offline::patch::Applied;

use super::Call;
use crate::bundle::{self, Opened};
use crate::damage;
use crate::error::Error;
use crate::kept::{Fault, Kept};
use crate::state;

/// Verify a bundle: its signature and every byte behind it. Nothing is changed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle, or its first volume; `-` reads standard input.
    file: PathBuf,
    /// Decompress every layer as well, and compare its diff ID; make what a delta makes from what
    /// this server has.
    #[arg(long)]
    deep: bool,
}

pub(crate) fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let opened = bundle::open(&options.file, call)?;
    let signer = opened.signers();
    let path = opened.path.clone();
    let manifest = read_through(opened, options.deep, call).map_err(|fault| match fault {
        Fault::Bundle(error) => damage::locate(&path, error, call),
        Fault::Base(error) => error,
    })?;
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

fn read_through(opened: Opened, deep: bool, call: &Call<'_>) -> Result<offline::Manifest, Fault> {
    let version = state::read(&call.layout).ok().flatten();
    let kept = Kept::look(
        &call.layout,
        version.as_ref().map(|state| state.version.as_str()),
    )
    .map_err(Fault::Base)?;
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
        let patch = manifest.patch_of_member(&member.member().name);
        match (patch, manifest.layer(&member.member().sha256)) {
            (Some(patch), _) if deep => {
                let fault = Fault::of_read(patch.base);
                let base = kept.open(&patch.base).map_err(&fault)?;
                let mut member = member;
                let mut made = Applied::new(*patch, &mut member, base);
                if let Err(error) = io::copy(&mut made, &mut io::sink()) {
                    return Err(fault(error).blame(member));
                }
            }
            (_, Some((_, layer))) if deep => layer::decode(member, *layer)?.finish()?,
            _ => member.finish()?,
        }
        let now = read.load(Ordering::Relaxed);
        bar.advance(now - shown);
        shown = now;
    }
    let manifest = bundle.finish()?;
    if deep {
        for content in manifest.needs() {
            let fault = Fault::of_read(content);
            let mut plain = kept.open(&content).map_err(&fault)?;
            io::copy(&mut plain, &mut io::sink()).map_err(&fault)?;
        }
    }
    bar.done("Every byte is as signed");
    Ok(manifest)
}
