//! `audit`: every trail read again, archives of trails, and the checkpoints that auditors keep.

mod checkpoint;
mod export;
mod file;
mod trails;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use uuid::Uuid;

use super::approval;
use crate::audit::Checkpoint;
use crate::config::Env;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Read every trail again: exit 0 when each entry is the one that was written and none is
    /// missing.
    ///
    /// Without a file it reads the database that the configuration names, a restored one as well as
    /// that of a running server. With a file it needs no database and no server, and of the
    /// configuration the master key alone (MASTER_KEY_FILE).
    ///
    /// Of each trail that is not as it was written the first wrong place is named, on standard error,
    /// and the exit code is 1.
    Verify(Verify),
    /// Write the trail of an organisation into a file that `audit verify` verifies without a server.
    Export {
        /// The organisation.
        #[arg(long)]
        organization: Uuid,
        /// The file to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Make a checkpoint of a trail, and print it: keep it where this host cannot write.
    Checkpoint {
        /// The organisation.
        #[arg(long)]
        organization: Uuid,
    },
    /// Print the public key that checkpoints are signed with.
    PublicKey,
    /// Check one approved entry without a server, a database or a master key: exit 0 when the passkey
    /// whose public key is given signed this very act.
    VerifyApproval(approval::Request),
}

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// An archive, as the portal and `audit export` write it.
    archive: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere: the trail has to be the one that it states, and to reach as
    /// far. Of an archive, everything has to be signed by its signer. May be given several times.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// The installation's public key, in hexadecimal, as `audit public-key` prints it: checkpoints have
    /// to be signed with it.
    #[arg(long, value_name = "HEX", requires = "archive")]
    public_key: Option<String>,
    /// For whoever has no master key: check that the entries fit one another and the signatures, and not
    /// who wrote each entry.
    #[arg(long, requires = "archive")]
    without_master_key: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(env: &Env, verb: Verb) -> ExitCode {
    match verb {
        Verb::Verify(verify) if verify.archive.is_some() => file::run(env, &verify).await,
        Verb::Verify(verify) => trails::run(env, &verify).await,
        Verb::Export { organization, out } => export::run(env, organization, &out).await,
        Verb::Checkpoint { organization } => checkpoint::run(env, organization).await,
        Verb::PublicKey => checkpoint::public_key(env).await,
        Verb::VerifyApproval(request) => approval::run(&request),
    }
}

/// The checkpoints that were kept, or what is wrong with a file.
fn kept(verify: &Verify) -> Result<Vec<Checkpoint>, String> {
    let read = |path: &PathBuf| {
        let named = |why: String| format!("{}: {why}", path.display());
        let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
        Checkpoint::from_file(&bytes).map_err(|error| named(error.to_string()))
    };
    verify.checkpoints.iter().map(read).collect()
}
