//! Where a passphrase comes from: a prompt, a file, or the environment; never the command line.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::output::read_bounded;

const VARIABLE: &str = "VAULTTERM_KEY_PASSWORD";

/// A passphrase, wiped when it goes.
pub(crate) type Passphrase = Zeroizing<String>;

/// How the passphrase of a secret key is given.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Read the passphrase from the first line of a file.
    #[arg(long, value_name = "FILE", conflicts_with = "no_password")]
    password_file: Option<PathBuf>,
    /// Keep the secret key unencrypted (for tests).
    #[arg(long)]
    no_password: bool,
}

/// The passphrase for a key that is being made: `None` only when that was asked for.
pub(crate) fn for_new_key(source: &Source) -> Result<Option<Passphrase>, Error> {
    if source.no_password {
        return Ok(None);
    }
    if let Some(given) = given(source)? {
        return Ok(Some(given));
    }
    let first = prompt("Passphrase for the new key")?;
    let second = prompt("The same again")?;
    if *first == *second {
        Ok(Some(first))
    } else {
        Err(Error::PassphrasesDiffer)
    }
}

/// The passphrase of an encrypted key.
pub(crate) fn for_known_key(source: &Source) -> Result<Passphrase, Error> {
    match given(source)? {
        Some(given) => Ok(given),
        None => prompt("Passphrase of the licence key"),
    }
}

fn given(source: &Source) -> Result<Option<Passphrase>, Error> {
    if let Some(path) = &source.password_file {
        let text = Zeroizing::new(read_bounded(path)?);
        let line = text.lines().next().unwrap_or_default();
        return non_empty(line).map(Some);
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a documented way to give the passphrase to an unattended run"
    )]
    let value = std::env::var(VARIABLE).ok();
    value
        .filter(|value| !value.is_empty())
        .map(|value| non_empty(&value))
        .transpose()
}

fn non_empty(text: &str) -> Result<Passphrase, Error> {
    if text.is_empty() {
        Err(Error::NoPassphrase)
    } else {
        Ok(Zeroizing::new(text.to_owned()))
    }
}

fn prompt(question: &str) -> Result<Passphrase, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::NoPassphrase);
    }
    dialoguer::Password::new()
        .with_prompt(question)
        .interact()
        .map_err(|_| Error::NoPassphrase)
        .and_then(|text| non_empty(&text))
}
