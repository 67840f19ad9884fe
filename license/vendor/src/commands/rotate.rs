//! `rotate`: another key takes over.

use std::path::PathBuf;

use clap::Args;
use console::{
    Console, ExitCode, FileMode, PassphraseSource, Secret, passphrase_for_known_key, read_bounded,
    replace_file,
};
use license::rotation::{ROTATION_TYPE, statement, successor};
use license::vtlic::envelope_of;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::error::Error;
use crate::issuing::whole;
use crate::keystore::SecretKey;
use crate::log::{self, Kind, Log};

const EXAMPLES: &str = "\
Examples:
  vaultterm-license keygen --out new --composite
  vaultterm-license rotate --key old/vendor.key --new new/vendor.key --out vendor.rotation
  cat vendor.rotation >> old/vendor.pub

The statement is one line. Servers follow it in LICENSE_PUBLIC_KEY, behind the old key, or in a
vendor.pub that is built in. Licences of the old key stay what they are.";

/// Sign a statement with the old key and the new one, by which whoever trusts the old key trusts the
/// new one as well.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The old secret key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The new secret key.
    #[arg(long, value_name = "FILE")]
    new: PathBuf,
    /// Read the passphrase of the new key from the first line of a file; VAULTTERM_NEW_KEY_PASSWORD
    /// holds it otherwise.
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// The issuance log of the old key; issued.jsonl beside it when left out.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The statement to write; an existing one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

#[derive(Serialize)]
struct Report<'a> {
    file: &'a PathBuf,
    previous: String,
    key_id: String,
    algorithm: &'static str,
    log: &'a PathBuf,
    number: u64,
}

pub(crate) fn run(
    options: &Options,
    console: &Console,
    now: OffsetDateTime,
) -> Result<ExitCode, Error> {
    let old = SecretKey::from_file_text(&read_bounded(&options.key)?, || {
        passphrase_for_known_key(&options.passphrase)
    })?;
    let secret = Secret {
        variable: "VAULTTERM_NEW_KEY_PASSWORD",
        file: options.new_password_file.as_deref(),
        question: "Passphrase of the new key",
    };
    let new = SecretKey::from_file_text(&read_bounded(&options.new)?, || secret.ask())?;

    let body = statement(old.public(), new.public(), whole(now)).ok_or(Error::Random)?;
    let mut signatures = old.signatures(ROTATION_TYPE, &body)?;
    signatures.extend(new.signatures(ROTATION_TYPE, &body)?);
    let envelope = envelope_of(ROTATION_TYPE, &body, &signatures);
    let mut line = serde_json::to_vec(&envelope).map_err(Error::Encode)?;
    let trusted = std::slice::from_ref(old.public());
    successor(&line, trusted).map_err(Error::Rotation)?;
    line.push(b'\n');

    let (previous, next) = (old.public().key_id(), new.public().key_id());
    let log = options.log.clone();
    let log = log.unwrap_or_else(|| log::beside(&options.key));
    let said = json!({ "previous": previous.as_str(), "next": next.as_str() });
    let number = Log::open(&log)?.append(Kind::Rotation, &line, said, now)?;
    replace_file(&options.out, &line, FileMode::Public)?;

    console.say(&format!("Key {previous} vouches for key {next}."));
    console.result(&options.out.display().to_string());
    console.result_json(&Report {
        file: &options.out,
        previous: previous.to_string(),
        key_id: next.to_string(),
        algorithm: new.public().algorithm().as_str(),
        log: &log,
        number,
    });
    Ok(ExitCode::Done)
}
