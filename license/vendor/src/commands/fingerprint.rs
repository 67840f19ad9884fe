//! `fingerprint`: the name of this host for licences bound to hosts.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode, read_bounded};
use license::fingerprint::{BOARD_DIR, Fingerprint, LONGEST_FACT};
use serde::Serialize;

use crate::error::Error;

/// Print the fingerprint of this host (for `issue --host`).
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the host keeps its machine id (machine-id(5)).
    #[arg(long, value_name = "FILE", default_value = "/etc/machine-id")]
    machine_id: PathBuf,
    /// Where the host tells what machine it is.
    #[arg(long, value_name = "DIR", default_value = BOARD_DIR)]
    board: PathBuf,
}

#[derive(Serialize)]
struct Report {
    fingerprint: String,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let id = read_bounded(&options.machine_id)?;
    let fingerprint = Fingerprint::of(id.as_bytes(), |name| fact(&options.board, name))
        .map_err(|_| Error::MachineId(options.machine_id.clone()))?
        .to_string();
    console.result(&fingerprint);
    console.result_json(&Report { fingerprint });
    Ok(ExitCode::Done)
}

/// What a file of the host says; one that is absent or may not be read says nothing.
fn fact(dir: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = Vec::new();
    let limit = u64::try_from(LONGEST_FACT).unwrap_or_default();
    let file = std::fs::File::open(dir.join(name)).ok()?;
    file.take(limit).read_to_end(&mut value).ok()?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use license::fingerprint::{BOARD, Fingerprint, LONGEST_FACT};

    use super::fact;

    #[test]
    fn facts_are_the_beginnings_of_files_and_what_is_absent_is_empty() {
        let board = tempfile::tempdir().unwrap();
        std::fs::write(board.path().join("sys_vendor"), "a maker\n").unwrap();
        std::fs::write(
            board.path().join("product_name"),
            "x".repeat(LONGEST_FACT + 9),
        )
        .unwrap();
        let id = b"0123456789abcdef0123456789abcdef";
        let found = Fingerprint::of(id, |name| fact(board.path(), name)).unwrap();
        let given = Fingerprint::of(id, |name| match name {
            "sys_vendor" => Some(b"a maker".to_vec()),
            "product_name" => Some("x".repeat(LONGEST_FACT).into_bytes()),
            _ => None,
        });
        assert_eq!(found, given.unwrap());
        assert_eq!(
            BOARD
                .iter()
                .filter(|name| fact(board.path(), name).is_some())
                .count(),
            2
        );
    }
}
