//! What can go wrong, with what to do about it.

use std::path::PathBuf;

use console::{ExitCode, Failure, FileError, PassphraseError};
use license::rotation::RotationError;

use crate::log::Broken;

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
    #[error("the order {} cannot be read", path.display())]
    Order {
        path: PathBuf,
        source: serde_yaml::Error,
    },
    #[error("the order does not say {0:?}, and no flag does")]
    Incomplete(&'static str),
    #[error("the order names {0:?}, which is no date")]
    Date(String),
    #[error("the issuance log {} is broken", .0.display())]
    Log(PathBuf, #[source] Broken),
    #[error("the log {} does not contain the line that was written down", .0.display())]
    Head(PathBuf),
    #[error("the counter {given} is not above {before}, that of the licence that is renewed")]
    Counter { given: u64, before: u64 },
    #[error("the new key cannot take over")]
    Rotation(#[source] RotationError),
}

impl Failure for Error {
    fn exit(&self) -> ExitCode {
        match self {
            Self::Refused { .. } => ExitCode::License,
            Self::Payload(_)
            | Self::Order { .. }
            | Self::Incomplete(_)
            | Self::Date(_)
            | Self::Counter { .. } => ExitCode::Usage,
            Self::Log(..) | Self::Head(_) | Self::Rotation(_) => ExitCode::Untrusted,
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
            Self::Order { .. } => "VT-V013",
            Self::Incomplete(_) => "VT-V014",
            Self::Date(_) => "VT-V015",
            Self::Log(..) => "VT-V016",
            Self::Head(_) => "VT-V017",
            Self::Counter { .. } => "VT-V018",
            Self::Rotation(_) => "VT-V019",
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
            Self::Order { .. } | Self::Incomplete(_) | Self::Date(_) => {
                "See `issue --help` for an order with all of its fields."
            }
            Self::Log(..) => {
                "Nothing was signed. Compare it with a copy: a line of it was changed or taken out."
            }
            Self::Head(_) => "Compare it with a copy: lines at its end were taken out or changed.",
            Self::Counter { .. } => "Leave --counter out, or give a higher one.",
            Self::Rotation(_) => {
                "Make a new key with `keygen`; a composite key is followed by a composite one only."
            }
            Self::Random | Self::Payload(_) | Self::Encode(_) => return None,
        };
        Some(text.to_owned())
    }
}
