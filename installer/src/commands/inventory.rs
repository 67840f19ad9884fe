//! `inventory`: one page about what this server has, so that a small delta can be built for it.

use std::path::PathBuf;

use clap::Args;
use console::ExitCode;
use offline::{Inventory, Stack};

use super::Call;
use crate::error::Error;
use crate::files::place;
use crate::kept::{self, Kept};
use crate::state;

const MODE: u32 = 0o644;

/// Write down what is installed here, for `vaultterm-bundle build --for`. It holds no secret.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file for it; standard output when it is not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let state = state::require(&call.layout)?;
    let manifest = kept::manifest(&call.layout, &state.version)
        .ok_or_else(|| Error::NoManifest(call.layout.manifest(&state.version)))?;
    let found = Kept::look(&call.layout, Some(&state.version))?;
    let stack = |image: &offline::Image| Stack {
        role: image.role,
        id: image.config.digest.to_string(),
        layers: image.layers.iter().map(|layer| layer.diff_id).collect(),
    };
    let there = |file: &&offline::Member| found.files.contains_key(&file.sha256);
    let inventory = Inventory::new(
        state.version,
        state.release_counter,
        manifest.images.iter().map(stack).collect(),
        found.layers.keys().copied().collect(),
        manifest.files().filter(there).cloned().collect(),
    );
    let target = options.out.clone().unwrap_or_default();
    let text = serde_json::to_vec(&inventory)
        .map_err(|error| Error::file("cannot write", &target)(error.into()))?;
    match &options.out {
        Some(path) => {
            let path = std::path::absolute(path).map_err(Error::file("cannot write", path))?;
            place(&path, &text, MODE, None)?;
            call.console.result(&path.display().to_string());
        }
        None => call.console.result(&String::from_utf8_lossy(&text)),
    }
    call.console.result_json(&inventory);
    Ok(ExitCode::Done)
}
