//! Who can open a backup: whoever knows a passphrase, or holds the key of a recipient.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::str::FromStr as _;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{Decryptor, Encryptor, scrypt, x25519};
use clap::Args;
use console::{Console, PassphraseError, Secret};

use super::passphrase::AmongOthers;
use crate::error::Error;
use crate::escrow::{NoKey, SharesFrom};
use crate::layout::Layout;
use crate::state;

/// The variable with the passphrase, for runs that nobody attends.
const VARIABLE: &str = "VAULTTERM_BACKUP_PASSWORD";

/// How backups are encrypted.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Keys {
    /// Encrypt backups to this age recipient; repeat it. Those in backups/recipients.txt when
    /// neither this nor a passphrase is given, and the recovery key, if there is one, in any case.
    #[arg(long, value_name = "age1…")]
    recipient: Vec<String>,
    /// Encrypt backups with the passphrase in the first line of a file. Without it,
    /// `VAULTTERM_BACKUP_PASSWORD` is asked for one, and then, where there is no recovery key, you.
    #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
    backup_password_file: Option<PathBuf>,
}

/// How a backup is opened.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Opening {
    /// The age identity file that opens backups for its recipient.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// The passphrase of the backup, in the first line of a file. Without it,
    /// `VAULTTERM_BACKUP_PASSWORD` is asked for one, and then you.
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    backup_password_file: Option<PathBuf>,
    #[command(flatten)]
    shares: SharesFrom,
}

/// What backups are encrypted with when nobody is there to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unattended {
    /// Those that are named, and the recovery key; one of the two may be missing.
    Recipients(Vec<String>),
    PasswordFile(PathBuf),
}

/// What a backup is encrypted with, and what opens it again in this run alone.
pub(crate) enum Sealing {
    /// A passphrase, and the recovery key where there is one.
    Passphrase(SecretString, Option<x25519::Recipient>),
    /// Recipients, the recovery key among them, and an identity of this run: their keys are elsewhere,
    /// and what was written has to be read back.
    Recipients(Vec<x25519::Recipient>, x25519::Identity),
    /// Something that can only open.
    Identity(Vec<x25519::Identity>),
}

impl Keys {
    /// Finds out; nothing is ever written in the clear.
    pub(crate) fn sealing(&self, layout: &Layout) -> Result<Sealing, Error> {
        let mut texts = self.recipient.clone();
        if texts.is_empty() && self.backup_password_file.is_none() {
            texts = recipients(layout)?;
        }
        let recovery = recovery(layout)?;
        let question = Secret {
            variable: VARIABLE,
            file: self.backup_password_file.as_deref(),
            question: "Passphrase for the backup",
        };
        // Two shares are enough to open it; whoever wants more keys names them.
        let passphrase_given = question.file.is_some() || question.in_environment().is_some();
        if !texts.is_empty() || (recovery.is_some() && !passphrase_given) {
            let mut parsed = parsed(&texts)?;
            parsed.extend(recovery);
            return Ok(Sealing::Recipients(parsed, x25519::Identity::generate()));
        }
        let passphrase = question.ask_twice().map_err(no_key)?;
        let passphrase = SecretString::from(passphrase.as_str().to_owned());
        Ok(Sealing::Passphrase(passphrase, recovery))
    }
}

impl Keys {
    /// What there is without a question; it has to work now, or it will not at night.
    pub(crate) fn unattended(&self, layout: &Layout) -> Result<Unattended, Error> {
        if let Some(path) = &self.backup_password_file {
            self.sealing(layout)?;
            let path = std::path::absolute(path).map_err(Error::file("cannot resolve", path))?;
            return Ok(Unattended::PasswordFile(path));
        }
        let texts = match self.recipient.as_slice() {
            [] => recipients(layout)?,
            given => given.to_vec(),
        };
        if texts.is_empty() && recovery(layout)?.is_none() {
            return Err(Error::NoBackupKey);
        }
        parsed(&texts)?;
        Ok(Unattended::Recipients(texts))
    }
}

fn parsed(texts: &[String]) -> Result<Vec<x25519::Recipient>, Error> {
    let parsed = texts.iter().map(|text| {
        x25519::Recipient::from_str(text.trim())
            .map_err(|_| Error::BackupKey(format!("{text} is no age recipient")))
    });
    parsed.collect()
}

impl Opening {
    /// What opens a backup that was made at another time.
    pub(crate) fn sealing(&self, console: &Console) -> Result<Sealing, Error> {
        if self.shares.is_named() {
            return Ok(Sealing::Identity(vec![recovered(&self.shares, console)?]));
        }
        let Some(path) = &self.identity else {
            let question = Secret {
                variable: VARIABLE,
                file: self.backup_password_file.as_deref(),
                question: "Passphrase of the backup",
            };
            let passphrase = question.ask().map_err(no_key)?;
            let passphrase = SecretString::from(passphrase.as_str().to_owned());
            return Ok(Sealing::Passphrase(passphrase, None));
        };
        let text = zeroize::Zeroizing::new(console::read_bounded(path)?);
        let lines = text.lines().map(str::trim);
        let keys = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let parsed = keys.map(|line| {
            x25519::Identity::from_str(line)
                .map_err(|_| Error::BackupKey(format!("{} is no age identity", path.display())))
        });
        Ok(Sealing::Identity(parsed.collect::<Result<_, _>>()?))
    }
}

fn no_key(error: PassphraseError) -> Error {
    match error {
        PassphraseError::Missing => Error::NoBackupKey,
        other => Error::BackupKey(other.to_string()),
    }
}

/// The key that two shares give.
pub(crate) fn recovered(shares: &SharesFrom, console: &Console) -> Result<x25519::Identity, Error> {
    let key = shares.key(console)?;
    key.identity().ok_or(Error::Shares(NoKey::Combine))
}

/// Whom every backup is encrypted to besides, once shares were handed over.
fn recovery(layout: &Layout) -> Result<Option<x25519::Recipient>, Error> {
    let escrow = state::read(layout)?.and_then(|state| state.escrow);
    escrow.map(|escrow| escrow.recipient()).transpose()
}

/// The recipients that the operator noted for good.
fn recipients(layout: &Layout) -> Result<Vec<String>, Error> {
    let path = layout.recipients();
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = console::read_bounded(&path)?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

impl Sealing {
    /// The keys that were given to open with.
    pub(super) fn identities(&self) -> &[x25519::Identity] {
        match self {
            Self::Identity(keys) => keys,
            Self::Passphrase(..) | Self::Recipients(..) => &[],
        }
    }

    /// Encrypts what is written; it has to be finished.
    pub(super) fn encrypt<W: Write>(&self, out: W) -> Result<age::stream::StreamWriter<W>, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::BackupKey(error.to_string());
        let encryptor = match self {
            Self::Passphrase(secret, None) => {
                Encryptor::with_user_passphrase(SecretString::from(secret.expose_secret()))
            }
            Self::Passphrase(secret, Some(recovery)) => {
                let both: [&dyn age::Recipient; 2] = [&AmongOthers(secret), recovery];
                Encryptor::with_recipients(both.into_iter()).map_err(|error| failed(&error))?
            }
            Self::Recipients(recipients, own) => {
                let own = own.to_public();
                let all = recipients.iter().chain([&own]);
                Encryptor::with_recipients(all.map(|key| -> &dyn age::Recipient { key }))
                    .map_err(|error| failed(&error))?
            }
            Self::Identity(_) => return Err(Error::NoBackupKey),
        };
        encryptor.wrap_output(out).map_err(|error| failed(&error))
    }

    /// Decrypts what is read.
    pub(super) fn decrypt<R: Read>(&self, input: R) -> Result<age::stream::StreamReader<R>, Error> {
        let decryptor =
            Decryptor::new(input).map_err(|error| Error::BackupRefused(error.to_string()))?;
        let opened = match self {
            Self::Passphrase(secret, _) => {
                let alone = scrypt::Identity::new(SecretString::from(secret.expose_secret()));
                let either: [&dyn age::Identity; 2] = [&alone, &AmongOthers(secret)];
                decryptor.decrypt(either.into_iter())
            }
            Self::Recipients(_, own) => {
                decryptor.decrypt(std::iter::once(own as &dyn age::Identity))
            }
            Self::Identity(keys) => {
                decryptor.decrypt(keys.iter().map(|key| key as &dyn age::Identity))
            }
        };
        opened.map_err(|error| Error::BackupKey(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::{Keys, Sealing, Unattended, x25519};
    use crate::error::Error;
    use crate::escrow::{Escrow, Mode};
    use crate::layout::Layout;
    use crate::state;

    #[test]
    fn the_recovery_key_is_enough_and_without_any_key_nothing_is_written() {
        let room = tempfile::tempdir().unwrap();
        let layout = Layout::new(room.path()).unwrap();
        let mut noted = crate::plan::tests::state("1.0.0", 1);
        state::write(&layout, &noted).unwrap();
        let keys = Keys::default();
        assert!(matches!(keys.sealing(&layout), Err(Error::NoBackupKey)));
        assert!(matches!(keys.unattended(&layout), Err(Error::NoBackupKey)));

        let recovery = x25519::Identity::generate();
        noted.escrow = Some(Escrow {
            mode: Mode::Managed,
            set: String::new(),
            recipient: recovery.to_public().to_string(),
            made: time::OffsetDateTime::UNIX_EPOCH,
            master: None,
        });
        state::write(&layout, &noted).unwrap();
        let none = Unattended::Recipients(Vec::new());
        assert_eq!(keys.unattended(&layout).unwrap(), none);
        let mut sealed = Vec::new();
        let mut out = keys.sealing(&layout).unwrap().encrypt(&mut sealed).unwrap();
        out.write_all(b"a backup").unwrap();
        out.finish().unwrap();
        let opens = |identity| {
            let mut text = String::new();
            let mut opened = Sealing::Identity(vec![identity]).decrypt(&*sealed)?;
            opened.read_to_string(&mut text).unwrap();
            Ok::<_, Error>(text)
        };
        assert_eq!(opens(recovery).unwrap(), "a backup");
        assert!(opens(x25519::Identity::generate()).is_err());

        // A passphrase that is named stays the way.
        let file = room.path().join("passphrase");
        std::fs::write(&file, "of some length\n").unwrap();
        let keys = Keys {
            backup_password_file: Some(file),
            ..Keys::default()
        };
        assert!(matches!(
            keys.sealing(&layout).unwrap(),
            Sealing::Passphrase(_, Some(_))
        ));
    }
}
