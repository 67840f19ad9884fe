//! Where a passphrase comes from: a prompt, a file, or the environment; never the command line.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::output::{FileError, read_bounded};

const VARIABLE: &str = "VAULTTERM_KEY_PASSWORD";

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// None was given, and nobody can be asked.
    #[error("no passphrase was given, and nobody can be asked")]
    Missing,
    /// The two that were typed differ.
    #[error("the two passphrases differ")]
    Differ,
    /// Its file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

impl PassphraseError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Missing => {
                "Use --password-file, VAULTTERM_KEY_PASSWORD, or --no-password for a test key."
            }
            Self::Differ => "Run the command again.",
            Self::File(_) => "Check the path and its permissions.",
        }
    }
}

/// A passphrase, wiped when it goes.
pub type Passphrase = Zeroizing<String>;

/// How the passphrase of a secret key is given.
#[derive(Debug, Args)]
pub struct PassphraseSource {
    /// Read the passphrase from the first line of a file.
    #[arg(long, value_name = "FILE", conflicts_with = "no_password")]
    password_file: Option<PathBuf>,
    /// Keep the secret key unencrypted (for tests).
    #[arg(long)]
    no_password: bool,
}

/// The passphrase for a key that is being made: `None` only when that was asked for.
///
/// # Errors
/// [`PassphraseError`].
pub fn passphrase_for_new_key(
    source: &PassphraseSource,
) -> Result<Option<Passphrase>, PassphraseError> {
    if source.no_password {
        return Ok(None);
    }
    if let Some(given) = given(source)? {
        return Ok(Some(given));
    }
    prompt_twice("Passphrase for the new key").map(Some)
}

fn prompt_twice(question: &str) -> Result<Passphrase, PassphraseError> {
    let first = prompt(question)?;
    let second = prompt("The same again")?;
    if *first == *second {
        Ok(first)
    } else {
        Err(PassphraseError::Differ)
    }
}

/// The passphrase of an encrypted key.
///
/// # Errors
/// [`PassphraseError`].
pub fn passphrase_for_known_key(source: &PassphraseSource) -> Result<Passphrase, PassphraseError> {
    match given(source)? {
        Some(given) => Ok(given),
        None => prompt("Passphrase of the key"),
    }
}

fn given(source: &PassphraseSource) -> Result<Option<Passphrase>, PassphraseError> {
    from(source.password_file.as_deref(), VARIABLE)
}

/// The first line of a file; without one, what a variable holds.
fn from(file: Option<&Path>, variable: &str) -> Result<Option<Passphrase>, PassphraseError> {
    if let Some(path) = file {
        let text = Zeroizing::new(read_bounded(path)?);
        let line = text.lines().next().unwrap_or_default();
        return non_empty(line).map(Some);
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a documented way to give the passphrase to an unattended run"
    )]
    let value = std::env::var(variable).ok().map(Zeroizing::new);
    value
        .filter(|value| !value.is_empty())
        .map(|value| non_empty(&value))
        .transpose()
}

/// A passphrase that is not a key's: where it comes from, and how it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Secret<'a> {
    /// The variable that may hold it.
    pub variable: &'a str,
    /// The file whose first line it is.
    pub file: Option<&'a Path>,
    /// What a person is asked.
    pub question: &'a str,
}

impl Secret<'_> {
    /// Asks for one that is known.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn ask(&self) -> Result<Passphrase, PassphraseError> {
        match from(self.file, self.variable)? {
            Some(given) => Ok(given),
            None => prompt(self.question),
        }
    }

    /// What its variable holds. Nobody is asked.
    #[must_use]
    pub fn in_environment(&self) -> Option<Passphrase> {
        from(None, self.variable).ok().flatten()
    }

    /// Asks for a new one; a person types it twice.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn ask_twice(&self) -> Result<Passphrase, PassphraseError> {
        match from(self.file, self.variable)? {
            Some(given) => Ok(given),
            None => prompt_twice(self.question),
        }
    }
}

fn non_empty(text: &str) -> Result<Passphrase, PassphraseError> {
    if text.is_empty() {
        Err(PassphraseError::Missing)
    } else {
        Ok(Zeroizing::new(text.to_owned()))
    }
}

fn prompt(question: &str) -> Result<Passphrase, PassphraseError> {
    if !std::io::stdin().is_terminal() {
        return Err(PassphraseError::Missing);
    }
    dialoguer::Password::new()
        .with_prompt(question)
        .interact()
        .map_err(|_| PassphraseError::Missing)
        .and_then(|text| non_empty(&text))
}
