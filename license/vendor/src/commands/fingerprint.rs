//! `fingerprint`: the name of this host for licences bound to hosts.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, read_bounded};
use serde::Serialize;
use sha2::Digest as _;

use crate::error::Error;

/// Separates this digest from every other use of the machine id.
const PURPOSE: &[u8] = b"vaultterm-host-fingerprint-v1\0";

/// Print the fingerprint of this host (for `issue --host`).
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the host keeps its machine id (machine-id(5)).
    #[arg(long, value_name = "FILE", default_value = "/etc/machine-id")]
    machine_id: PathBuf,
}

#[derive(Serialize)]
struct Report {
    fingerprint: String,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let text = read_bounded(&options.machine_id)?;
    let id = text.trim();
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::MachineId(options.machine_id.clone()));
    }
    let mut hash = sha2::Sha256::new();
    hash.update(PURPOSE);
    hash.update(id.to_ascii_lowercase().as_bytes());
    let fingerprint = hex::encode(hash.finalize());
    console.result(&fingerprint);
    console.result_json(&Report { fingerprint });
    Ok(ExitCode::Done)
}
