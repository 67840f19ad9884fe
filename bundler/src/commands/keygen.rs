//! `keygen`: a new key pair for signing bundles.

use std::path::PathBuf;

use clap::Args;
use console::{
    Console, ExitCode, FileError, FileMode, PassphraseSource, passphrase_for_new_key,
    write_new_file,
};
use serde::Serialize;

use crate::error::Error;
use crate::signer::ReleaseKey;

/// Make a key pair in minisign's format: release.key (secret) and release.pub.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder for both files; it is created, and nothing in it is overwritten.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Mark the key as made for development; builds that carry it say so.
    #[arg(long)]
    development: bool,
    /// Words for the comment of release.pub, such as whose key it is.
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    secret_key: PathBuf,
    public_key: PathBuf,
    key_id: String,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let secret_path = options.out.join("release.key");
    let public_path = options.out.join("release.pub");
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

    let key = ReleaseKey::generate()?;
    let id = key.id().to_string();
    let mark = if options.development {
        "development "
    } else {
        ""
    };
    let secret = key.to_file_text(mark, passphrase.as_ref())?;
    write_new_file(&secret_path, secret.as_bytes(), FileMode::Private)?;
    let comment = match &options.comment {
        Some(words) => format!("{mark}{}", words.replace(char::is_control, " ")),
        None => format!("VaultTerm {mark}release key {id}"),
    };
    let public = key.public()?.to_file_text(&comment);
    write_new_file(&public_path, public.as_bytes(), FileMode::Public)?;

    console.say(&format!(
        "Made release key {id}. Keep release.key offline; builds and servers need release.pub."
    ));
    console.result(&public_path.display().to_string());
    console.result_json(&Report {
        secret_key: secret_path,
        public_key: public_path,
        key_id: id,
    });
    Ok(ExitCode::Done)
}
