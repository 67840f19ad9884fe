//! `keygen`: a new key pair for signing licences.

use std::path::PathBuf;

use clap::Args;
use console::{
    Console, ExitCode, FileError, FileMode, PassphraseSource, passphrase_for_new_key,
    write_new_file,
};
use serde::Serialize;

use crate::error::Error;
use crate::keystore::SecretKey;

const EXAMPLES: &str = "\
Examples:
  vaultterm-license keygen --out keys --composite
  vaultterm-license keygen --out keys --password-file passphrase.txt";

/// Make a key pair: vendor.key (secret) and vendor.pub.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The folder for both files; it is created, and nothing in it is overwritten.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Make a key of two halves, Ed25519 and ML-DSA-65, both of which sign.
    #[arg(long)]
    composite: bool,
    /// Mark the key as made for development; builds that carry it say so.
    #[arg(long)]
    development: bool,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

#[derive(Serialize)]
struct Report {
    secret_key: PathBuf,
    public_key: PathBuf,
    key_id: String,
    algorithm: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mldsa_key_id: Option<String>,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let secret_path = options.out.join("vendor.key");
    let public_path = options.out.join("vendor.pub");
    for path in [&secret_path, &public_path] {
        if path.exists() {
            return Err(Error::Exists(path.clone()));
        }
    }
    let passphrase = passphrase_for_new_key(&options.passphrase)?;
    std::fs::create_dir_all(&options.out).map_err(|source| FileError::Write {
        path: options.out.clone(),
        source,
    })?;

    let key = SecretKey::generate(options.composite)?;
    let id = key.public().key_id().to_string();
    let mark = if options.development {
        "development "
    } else {
        ""
    };
    let secret = key.to_file_text(mark, passphrase.as_ref())?;
    write_new_file(&secret_path, secret.as_bytes(), FileMode::Private)?;
    let comment = format!("VaultTerm {mark}licence key {id}");
    write_new_file(
        &public_path,
        key.public().to_file_text(&comment).as_bytes(),
        FileMode::Public,
    )?;

    console.say(&format!(
        "Made licence key {id}. Keep vendor.key offline; builds need vendor.pub."
    ));
    console.result(&public_path.display().to_string());
    console.result_json(&Report {
        secret_key: secret_path,
        public_key: public_path,
        key_id: id,
        algorithm: key.public().algorithm().as_str(),
        mldsa_key_id: key.public().mldsa_key_id().map(|id| id.to_string()),
    });
    Ok(ExitCode::Done)
}
