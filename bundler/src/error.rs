//! What can go wrong, with what to do about it.

use std::io;
use std::path::PathBuf;

use console::{ExitCode, Failure, FileError, PassphraseError};
use license::minisign::KeyId;
use license::root::{ChainError, RootError};
use offline::Held;
use offline::read::CosignError;
use offline::survey::Survey;
use offline::volumes::SplitError;
use offline::write::SealError;

/// An expected failure of this tool.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    #[error("the system's random source failed")]
    Random,
    #[error("the secret key file is damaged or of another kind")]
    SecretKey,
    #[error("the passphrase does not open the secret key")]
    WrongPassphrase,
    #[error("the trusted keys or roots {} are unusable", path.display())]
    Trust {
        path: PathBuf,
        source: license::trust::TrustFileError,
    },
    #[error("the public key {} is unusable", path.display())]
    PublicKey {
        path: PathBuf,
        source: license::KeyFileError,
    },
    #[error("the roots {} are unusable", path.display())]
    Roots { path: PathBuf, source: ChainError },
    #[error("the root would break a rule")]
    Root(#[source] RootError),
    #[error("key {key} is no {role} key of root {version}")]
    NoSuchRole {
        key: KeyId,
        role: &'static str,
        version: u64,
    },
    #[error("key {0} has signed it already")]
    SignedAlready(KeyId),
    #[error("the signature {} is not added", path.display())]
    Cosign {
        path: PathBuf,
        source: CosignError<Box<Error>>,
    },
    #[error("{} is a volume, and a signature goes to the whole bundle", .0.display())]
    OneVolume(PathBuf),
    #[error("{} is no version such as 1.4.0 or 1.4.0-rc.1", .0)]
    Version(String),
    #[error("SOURCE_DATE_EPOCH is no number of seconds")]
    SourceDate,
    #[error("the container engine at {host} does not answer")]
    Engine {
        host: String,
        source: bollard::errors::Error,
    },
    #[error("the engine has no image {0}")]
    NoImage(String),
    #[error("{0} is not for linux on the same processor as the other images")]
    Platform(String),
    #[error("{} is for {program}, and the images are for {images}", path.display())]
    Processor {
        path: PathBuf,
        program: &'static str,
        images: String,
    },
    #[error("the engine's export of {image} is not what it promised: {fact}")]
    Export { image: String, fact: &'static str },
    #[error("the engine's export broke off")]
    Stream(#[source] io::Error),
    #[error("{what} is missing in {}", dir.display())]
    Missing { what: &'static str, dir: PathBuf },
    #[error("{} is no migration such as 0001_name.sql", .0.display())]
    Migration(PathBuf),
    #[error("cannot read {}", path.display())]
    Input { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Output { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Seal(#[from] SealError<Box<Error>>),
    #[error("the bundle {} is refused", path.display())]
    Refused {
        path: PathBuf,
        source: offline::Error,
    },
    #[error("the bundle {} is damaged: {}", path.display(), lines.join("; "))]
    Damaged {
        path: PathBuf,
        lines: Vec<String>,
        source: Option<offline::Error>,
    },
    #[error("{} cannot be used", path.display())]
    Repair {
        path: PathBuf,
        source: offline::Error,
    },
    #[error("the inventory {} is refused", path.display())]
    Inventory {
        path: PathBuf,
        source: offline::Error,
    },
    #[error("{image} is not in {}", path.display())]
    NotInPath { image: String, path: PathBuf },
    #[error("{image} could not be taken from its source")]
    Pull { image: String, source: io::Error },
    #[error("the bundle is not what comes out here: {0}")]
    Differs(String),
    #[error("no patch was made for {what}")]
    Patch { what: String, source: io::Error },
    #[error("{} is not cut into volumes", path.display())]
    Split { path: PathBuf, source: SplitError },
    #[error("{} is no volume: its name does not end in .001", .0.display())]
    NoVolumeName(PathBuf),
    #[error("{} is there already", .0.display())]
    OutputExists(PathBuf),
    #[error("the bundle {} cannot be read", path.display())]
    Medium {
        path: PathBuf,
        source: offline::Error,
    },
}

impl Error {
    /// A refusal by the reader, told apart from a medium that fails.
    pub(crate) fn of_bundle(path: &std::path::Path, source: offline::Error) -> Self {
        let path = path.to_owned();
        if source.is_bad_bundle() || source.is_without_trust() {
            Self::Refused { path, source }
        } else {
            Self::Medium { path, source }
        }
    }
}

impl Error {
    /// What a survey of a bundle found, and the refusal that led to it.
    pub(crate) fn damaged(held: &Held, survey: &Survey, source: Option<offline::Error>) -> Self {
        Self::Damaged {
            path: held.path.clone(),
            lines: held.describe(survey),
            source,
        }
    }

    pub(crate) fn split(path: &std::path::Path, source: SplitError) -> Self {
        let path = path.to_owned();
        Self::Split { path, source }
    }
}

impl Failure for Error {
    fn exit(&self) -> ExitCode {
        match self {
            Self::Refused { .. } | Self::Damaged { .. } | Self::Roots { .. } => ExitCode::Untrusted,
            Self::Cosign {
                source: CosignError::Refused(_),
                ..
            } => ExitCode::Untrusted,
            Self::Repair { source, .. } if source.is_bad_bundle() => ExitCode::Untrusted,
            Self::Version(_)
            | Self::SourceDate
            | Self::NoVolumeName(_)
            | Self::Split {
                source: SplitError::TooSmall { .. },
                ..
            } => ExitCode::Usage,
            _ => ExitCode::Failed,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "VT-B001",
            Self::File(FileError::Write { .. }) | Self::Output { .. } => "VT-B003",
            Self::File(_) | Self::Input { .. } => "VT-B002",
            Self::Random => "VT-B004",
            Self::SecretKey => "VT-B005",
            Self::WrongPassphrase => "VT-B006",
            Self::Passphrase(_) => "VT-B007",
            Self::PublicKey { .. } | Self::Trust { .. } => "VT-B008",
            Self::Version(_) => "VT-B009",
            Self::SourceDate => "VT-B010",
            Self::Engine { .. } => "VT-B011",
            Self::NoImage(_) => "VT-B012",
            Self::Platform(_) => "VT-B013",
            Self::Export { .. } | Self::Stream(_) => "VT-B014",
            Self::Missing { .. } => "VT-B015",
            Self::Migration(_) => "VT-B016",
            Self::Seal(_) => "VT-B017",
            Self::Refused { .. } => "VT-B018",
            Self::Medium { .. } => "VT-B019",
            Self::Damaged { .. } => "VT-B020",
            Self::Repair { .. } => "VT-B021",
            Self::Split { .. } => "VT-B022",
            Self::NoVolumeName(_) => "VT-B023",
            Self::OutputExists(_) => "VT-B024",
            Self::Inventory { .. } => "VT-B025",
            Self::Patch { .. } => "VT-B026",
            Self::NotInPath { .. } => "VT-B027",
            Self::Pull { .. } => "VT-B028",
            Self::Differs(_) => "VT-B029",
            Self::Roots { .. } | Self::Root(_) => "VT-B030",
            Self::NoSuchRole { .. } => "VT-B031",
            Self::SignedAlready(_) => "VT-B032",
            Self::Cosign { .. } => "VT-B033",
            Self::OneVolume(_) => "VT-B034",
            Self::Processor { .. } => "VT-B035",
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Exists(_) => "Choose another folder: a key that is overwritten is lost.",
            Self::File(error) => error.hint(),
            Self::Passphrase(error) => error.hint(),
            Self::SecretKey => "Give the release.key that `keygen` or minisign wrote.",
            Self::WrongPassphrase => "Try again; without the passphrase the key is lost.",
            Self::PublicKey { .. } | Self::Trust { .. } => {
                "Give the release.pub, or the roots, of whoever signs the releases."
            }
            Self::Roots { .. } => {
                "`vaultterm-bundle root show FILE` shows every root and who signed it."
            }
            Self::Root(_) => "Look at the keys and thresholds that were given.",
            Self::NoSuchRole { .. } => {
                "Sign with one of its keys, or make the next root with this key in the role."
            }
            Self::SignedAlready(_) => "Each key signs once; ask the next signer.",
            Self::Cosign { source, .. } => match source {
                CosignError::Refused(error) => error.hint(),
                _ => "Each key signs once, and there is room for eight signatures.",
            },
            Self::OneVolume(_) => "Join the volumes first, and split the bundle again afterwards.",
            Self::Version(_) => "Give the release as MAJOR.MINOR.PATCH.",
            Self::SourceDate => "Unset it, or give the seconds since 1970, as `date +%s` prints.",
            Self::Engine { .. } => {
                "Start the engine, or name another with --docker-host or DOCKER_HOST."
            }
            Self::NoImage(image) => {
                return Some(format!(
                    "Pull or build it first: `docker pull {image}`, or `make images`."
                ));
            }
            Self::Processor { .. } => {
                "Give the program that was built for the images' processor, or the images for its."
            }
            Self::Platform(_) => "Build one bundle for each processor.",
            Self::Export { .. } => {
                "Engines that keep compressed layers (the containerd image store) cannot be read \
                 this way; use an engine with the classic image store."
            }
            Self::Stream(_) => "Look at the engine's log and its free disk space.",
            Self::Missing { .. } => "Give the root of VaultTerm's sources with --from DIR.",
            Self::Migration(_) => "Rename it, or remove it from the folder of migrations.",
            Self::Input { .. } => "Check the path and its permissions.",
            Self::Output { .. } => "Check the folder, its permissions and the free space.",
            Self::Seal(SealError::Changed(_)) => "Run it again, and let nothing else build there.",
            Self::Seal(SealError::Rule(_)) => {
                "Nothing was signed. Compare it with offline/FORMAT.md."
            }
            Self::Seal(_) => "Check the free space of the folder of the bundle.",
            Self::Refused { source, .. } | Self::Medium { source, .. } => source.hint(),
            Self::Damaged { .. } => {
                "Copy it again, or write a request with `vaultterm-bundle repair-request FILE` and \
                 heal it with the small answer."
            }
            Self::Repair { source, .. } | Self::Inventory { source, .. } => source.hint(),
            Self::NotInPath { .. } => {
                "Look at the names with `skopeo list-tags` or `tar tf`; each image is looked for by \
                 the reference that --app-image, --db-image and --cache-image give."
            }
            Self::Differs(_) => {
                "Use the commit and the tools that files/provenance.json names, the same images and \
                 the same --level."
            }
            Self::Pull { .. } => {
                "Check the name and the network; log in with `docker login` where it is needed."
            }
            Self::Patch { .. } => "Verify the base, and check the free space.",
            Self::Split {
                source: SplitError::TooSmall { .. } | SplitError::TooMany,
                ..
            } => "Choose a larger --volume-size.",
            Self::Split { .. } => "Check the folder, its permissions and the free space.",
            Self::NoVolumeName(_) => "Give the first volume, FILE.vtb.001.",
            Self::OutputExists(_) => "Move it away, or choose another folder with --out.",
            Self::Random => return None,
        };
        Some(text.to_owned())
    }
}
