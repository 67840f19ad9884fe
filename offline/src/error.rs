//! Why a bundle is refused: one variant for each rule, with the member and the place.

use std::fmt;

use license::minisign::SignatureError;
use license::root::ChainError;
use license::trust::Refusal;

use crate::Digest;

/// A refusal, with where in the file it was noticed.
#[derive(Debug)]
pub struct Error {
    kind: Box<Kind>,
    member: Option<String>,
    offset: u64,
}

/// The rule that was broken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// The medium could not be read.
    #[error("the file cannot be read")]
    Io(#[source] std::io::Error),
    /// What was made of it could not be written.
    #[error("the output cannot be written")]
    Output(#[source] std::io::Error),
    /// It does not begin as a bundle does.
    #[error("this is not a VaultTerm bundle")]
    NotABundle,
    /// It begins almost as a bundle does.
    #[error("the beginning of the file is damaged: {0}")]
    Head(&'static str),
    /// It ends too early.
    #[error("the file ends too early: the copy is not complete")]
    Truncated,
    /// A length is beyond what the format allows.
    #[error("{what} is larger than the format allows ({limit} bytes)")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// The signature text is unusable.
    #[error("the signature cannot be read")]
    SignatureText(#[source] SignatureError),
    /// Not enough of those who are trusted signed it.
    #[error(transparent)]
    Refused(Refusal),
    /// The chain of roots that it carries cannot be followed.
    #[error(transparent)]
    Roots(ChainError),
    /// The signed comment is about something else.
    #[error("the signature's trusted comment does not belong to this manifest")]
    ForeignComment,
    /// The manifest is not canonical JSON of the expected shape.
    #[error("the manifest is not what this version understands")]
    Manifest(#[source] serde_json::Error),
    /// The manifest is not written in the one way.
    #[error("the manifest is not canonical JSON")]
    NotCanonical,
    /// The format is of a later major version.
    #[error("the bundle has format {found}, and this program understands format {known}")]
    Format {
        /// The bundle's.
        found: String,
        /// Ours.
        known: &'static str,
    },
    /// The manifest contradicts itself.
    #[error("the manifest contradicts itself: {0}")]
    Inconsistent(String),
    /// A header is not the one that was promised.
    #[error("the archive does not go on as the manifest promises: {0}")]
    Header(&'static str),
    /// The content is not what was promised.
    #[error("the content is damaged: {found} instead of {expected}")]
    Digest {
        /// As the manifest promises.
        expected: Digest,
        /// As it was read.
        found: Digest,
    },
    /// The padding after a member is not empty.
    #[error("the padding after the member is not empty")]
    Padding,
    /// Something follows the end of the archive.
    #[error("something follows the end of the archive")]
    Trailing,
    /// A layer is no single zstd frame of the promised size.
    #[error("the layer does not decompress as promised: {0}")]
    Layer(&'static str),
    /// The decompressor refused.
    #[error("the layer cannot be decompressed")]
    Zstd(#[source] std::io::Error),
    /// Another volume than the one that has to come.
    #[error("this is volume {found}, and volume {expected} has to come")]
    WrongVolume {
        /// The one that has to come.
        expected: u32,
        /// The one that came.
        found: u32,
    },
    /// A volume is not there.
    #[error("volume {number} is not there")]
    NoVolume {
        /// Its number.
        number: u32,
    },
    /// A volume does not belong.
    #[error("the volume cannot be used: {0}")]
    Volume(&'static str),
    /// Something else than an inventory.
    #[error("this is no inventory of a server")]
    Inventory,
    /// A request or an answer for repair cannot be used.
    #[error("the repair is not possible: {0}")]
    Repair(String),
    /// Members were asked for after one had failed or was left unread.
    #[error("the bundle was not read in order")]
    OutOfOrder,
}

impl Error {
    pub(crate) fn new(kind: Kind, member: Option<&str>, offset: u64) -> Self {
        Self {
            kind: Box::new(kind),
            member: member.map(str::to_owned),
            offset,
        }
    }

    /// The rule.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The member it happened in.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// The byte of the file at which it was noticed.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the bundle is bad, as opposed to the medium failing: reading again will not help.
    #[must_use]
    pub fn is_bad_bundle(&self) -> bool {
        !matches!(
            *self.kind,
            Kind::Io(_)
                | Kind::Output(_)
                | Kind::Refused(Refusal::NoTrust)
                | Kind::OutOfOrder
                | Kind::NoVolume { .. }
        )
    }

    /// Whether there was no key to verify it with: a fault of the call, not of the bundle.
    #[must_use]
    pub fn is_without_trust(&self) -> bool {
        matches!(*self.kind, Kind::Refused(Refusal::NoTrust))
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match *self.kind {
            Kind::NotABundle => "Give the file whose name ends in .vtb.",
            Kind::Head(_) => {
                "Copy the file again, or heal its beginning: `repair-request --head` asks for it where \
                 the bundle was built."
            }
            Kind::Truncated => "Copy the file again and compare its size with the original.",
            Kind::Refused(Refusal::Revoked { .. }) => {
                "Do not use it. Ask the vendor for a release that is signed with a key in force."
            }
            Kind::Refused(Refusal::TooFew { .. }) => {
                "Ask the vendor for the bundle with all of its signatures; `vaultterm-bundle \
                 cosign` adds one."
            }
            Kind::Roots(_) => {
                "Do not use it: the vendor's roots continue the ones that you have. Compare the \
                 fingerprints by another way."
            }
            Kind::Refused(Refusal::UntrustedKey { .. } | Refusal::NoTrust) => {
                "If you expect this signer, give the signer's public key with --trust FILE; \
                 compare its fingerprint by another way first."
            }
            Kind::Format { .. } => "Use the installer that travels with the bundle.",
            Kind::Output(_) => "Check the folder, its permissions and the free space.",
            Kind::Io(_) => "Check the medium; copy the file to a disk and try again.",
            Kind::NoVolume { .. } => {
                "Put all volumes into one folder, or give them one after the other when asked."
            }
            Kind::WrongVolume { .. } | Kind::Volume(_) => {
                "Compare the names and the labels of the media: all volumes of a set carry the same \
                 release."
            }
            Kind::Inventory => "Write it on the server with `vaultterm-install inventory`.",
            Kind::Repair(_) => {
                "Write a new request with `repair-request`, and have it answered from the same bundle."
            }
            Kind::OutOfOrder => "This is a fault of the program; report it.",
            _ => {
                "Copy the file again from where it was built. If the fault stays, the bundle was \
                 damaged or changed before it came here: do not use it."
            }
        }
    }

    /// The same refusal, noticed in a volume.
    pub(crate) fn in_volume(mut self, number: u32) -> Self {
        let volume = format!("volume {number}");
        self.member = Some(match self.member {
            Some(member) if member != volume => format!("{member} of {volume}"),
            _ => volume,
        });
        self
    }

    /// As an I/O error, for code that reads through `std::io::Read`.
    pub(crate) fn into_io(self) -> std::io::Error {
        std::io::Error::other(self)
    }

    /// As an I/O error: a copy that could not be written.
    #[must_use]
    pub fn of_write(error: std::io::Error) -> std::io::Error {
        Self::new(Kind::Output(error), None, 0).into_io()
    }

    /// The error of an output, when that is what it is.
    ///
    /// # Errors
    /// The refusal itself, when it is any other.
    pub fn into_output(self) -> Result<std::io::Error, Self> {
        match *self.kind {
            Kind::Output(error) => Ok(error),
            kind => Err(Self {
                kind: Box::new(kind),
                ..self
            }),
        }
    }

    /// What a failed read of a member or a layer was about.
    #[must_use]
    pub fn of_read(error: std::io::Error) -> Self {
        Self::from_io(error, None, 0)
    }

    /// Takes a refusal back out of an I/O error that carried it.
    pub(crate) fn from_io(error: std::io::Error, member: Option<&str>, offset: u64) -> Self {
        match error.downcast::<Self>() {
            Ok(refusal) => refusal,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::new(Kind::Truncated, member, offset)
            }
            Err(error) => Self::new(Kind::Io(error), member, offset),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(f, "{} (in {member}, at byte {})", self.kind, self.offset),
            None => write!(f, "{} (at byte {})", self.kind, self.offset),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind.source()
    }
}
