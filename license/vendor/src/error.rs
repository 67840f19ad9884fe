//! What can go wrong, with what to do about it.

use std::path::PathBuf;

use console::{ExitCode, Failure, FileError, PassphraseError};

/// An expected failure of this tool.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the system's random source failed")]
    Random,
    #[error("the secret key file is damaged or of another kind")]
    SecretKey,
    #[error("the passphrase does not open the secret key")]
    WrongPassphrase,
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    #[error("the public key {} is unusable", path.display())]
    PublicKey {
        path: PathBuf,
        source: license::KeyFileError,
    },
    #[error("the licence would not be valid")]
    Payload(#[source] license::vtlic::Error),
    #[error("the licence {} is refused", path.display())]
    Refused {
        path: PathBuf,
        source: license::vtlic::Error,
    },
    #[error("cannot encode the licence")]
    Encode(#[source] serde_json::Error),
    #[error("{} holds no machine id", .0.display())]
    MachineId(PathBuf),
}

impl Failure for Error {
    fn exit(&self) -> ExitCode {
        match self {
            Self::Refused { .. } => ExitCode::License,
            Self::Payload(_) => ExitCode::Usage,
            _ => ExitCode::Failed,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "VT-V001",
            Self::File(FileError::Write { .. }) => "VT-V003",
            Self::File(_) => "VT-V002",
            Self::Random => "VT-V004",
            Self::SecretKey => "VT-V005",
            Self::WrongPassphrase => "VT-V006",
            Self::Passphrase(_) => "VT-V007",
            Self::PublicKey { .. } => "VT-V008",
            Self::Payload(_) => "VT-V009",
            Self::Refused { .. } => "VT-V010",
            Self::Encode(_) => "VT-V011",
            Self::MachineId(_) => "VT-V012",
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Exists(_) => {
                "Choose another folder: a key that is overwritten cannot be had back."
            }
            Self::File(error) => error.hint(),
            Self::SecretKey => "Give the vendor.key that `keygen` wrote.",
            Self::WrongPassphrase => "Try again; without the passphrase the key is lost.",
            Self::Passphrase(error) => error.hint(),
            Self::PublicKey { .. } => "Give the vendor.pub of the vendor who issued the licence.",
            Self::Refused { .. } => {
                "Copy the file again; if it stays refused, ask the vendor for a new one."
            }
            Self::MachineId(_) => "Create one with `systemd-machine-id-setup`.",
            Self::Random | Self::Payload(_) | Self::Encode(_) => return None,
        };
        Some(text.to_owned())
    }
}
