//! What can go wrong, with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use console::{ExitCode, Failure, FileError};

use crate::apply::Evidence;
use crate::codes;
use crate::escrow::{BadShare, NoKey};
use crate::licence::NotCovered;

/// An expected failure of this tool.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the bundle {} is refused", path.display())]
    Bundle {
        path: PathBuf,
        source: offline::Error,
    },
    #[error("the bundle {} is damaged: {}", path.display(), lines.join("; "))]
    Damaged { path: PathBuf, lines: Vec<String> },
    #[error("the bundle {} cannot be read", path.display())]
    Medium {
        path: PathBuf,
        source: offline::Error,
    },
    #[error("the trusted keys or roots of {} are unusable", path.display())]
    Trust {
        path: PathBuf,
        source: license::trust::TrustFileError,
    },
    #[error("the roots in {} do not continue those of this program", path.display())]
    Roots {
        path: PathBuf,
        source: license::root::ChainError,
    },
    #[error("the database failed at {what}: {said}")]
    Database { what: String, said: String },
    #[error(
        "backups are never written in the clear, and there is neither a passphrase nor a recipient"
    )]
    NoBackupKey,
    #[error("the backup is not opened: {0}")]
    BackupKey(String),
    #[error("the backup is refused: {0}")]
    BackupRefused(String),
    #[error("what comes out of the backup is not what went in: {}", .0.join("; "))]
    BackupDiffers(Vec<String>),
    #[error("systemd does not take it: {0}")]
    Schedule(String),
    #[error("this host is not run by systemd")]
    NoSystemd,
    #[error("{} exists already", .0.display())]
    BackupExists(PathBuf),
    #[error("the host is not ready: {}", .0.join("; "))]
    Preflight(Vec<String>),
    #[error("no licence was given")]
    NoLicense,
    #[error("the licence {} cannot be read", path.display())]
    LicenseFile { path: PathBuf, source: FileError },
    #[error("the licence {} is refused", path.display())]
    License {
        path: PathBuf,
        source: license::vtlic::Error,
    },
    #[error("the licence {} has counter {counter}, and one with {seen} was in force here", path.display())]
    LicenseOlder {
        path: PathBuf,
        counter: u64,
        seen: u64,
    },
    #[error("the licence {} does not cover this release", path.display())]
    Maintenance { path: PathBuf, source: NotCovered },
    #[error("the licence keys of this program are unusable")]
    LicenseKeys(#[source] license::KeyFileError),
    #[error("another vaultterm-install is at work in {}", .0.display())]
    Locked(PathBuf),
    #[error("nobody agreed to the plan")]
    Declined,
    #[error("the container engine at {host} does not answer")]
    Engine {
        host: String,
        source: bollard::errors::Error,
    },
    #[error("the container engine refused: {what}")]
    EngineRefused {
        what: String,
        source: bollard::errors::Error,
    },
    #[error("the engine did not take {image}: {fact}")]
    Load { image: String, fact: String },
    #[error("{image} is in the engine, but is not what the bundle promises")]
    Image { image: String },
    #[error("`docker compose {command}` failed: {output}")]
    Compose { command: String, output: String },
    #[error("`docker` cannot be run")]
    NoDocker(#[source] io::Error),
    #[error("VaultTerm was not ready within {seconds} s: {report}")]
    NotReady { seconds: u64, report: String },
    #[error("{} is no plan that can be carried out: {why}", path.display())]
    PlanFile { path: PathBuf, why: String },
    #[error("it is not as it was planned: {}", .0.join("; "))]
    Drift(Vec<String>),
    #[error("{member} would give {secret} away")]
    Leak { secret: String, member: String },
    #[error("there is no room for {} in {}", console::bytes(*needed), dir.display())]
    NoRoom { dir: PathBuf, needed: u64 },
    #[error("{what} {}", path.display())]
    Files {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("nothing is installed in {}", .0.display())]
    NotInstalled(PathBuf),
    #[error("the run was interrupted")]
    Interrupted,
    #[error("there is no code {0}")]
    NoSuchCode(String),
    #[error("line {line} of {} is neither a comment nor NAME=value", path.display())]
    EnvFile { path: PathBuf, line: usize },
    #[error("{} is damaged", path.display())]
    State {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("line {line} of {} is not the one that was written there", path.display())]
    Journal { path: PathBuf, line: usize },
    #[error("{} is missing or damaged", .0.display())]
    NoManifest(PathBuf),
    #[error("the kept content {content} of the installed release cannot be used")]
    Base { content: String, source: io::Error },
    #[error("no setup link was made: {0}")]
    Setup(String),
    #[error("no link for a platform admin was made: {0}")]
    AdminLink(String),
    #[error("it failed, and everything was put back")]
    RolledBack {
        /// Present when a release serves that served before.
        evidence: Option<Box<Evidence>>,
        source: Box<Error>,
    },
    #[error("the new release's migrations fail on what the backup holds: {0}")]
    Rehearsal(String),
    #[error("the backup is of another installation")]
    OtherInstallation,
    #[error("the backup is of release {backup}, newer than the installed {installed}")]
    NewerBackup { backup: String, installed: String },
    #[error("nothing is installed here, and the backup is of release {0}")]
    NoBundle(String),
    #[error("the shares are refused: {0}")]
    Shares(NoKey),
    #[error("{place} is refused")]
    Share { place: String, source: BadShare },
    #[error("the shares are of set {typed}, and this installation's are of set {here}")]
    OtherShares { typed: String, here: String },
    #[error("this installation has no recovery key")]
    NoEscrow,
    #[error("the recovery shares would reach nobody, or a log: standard output is no terminal")]
    NowhereToShow,
    #[error("{} is there already", .0.display())]
    ShareFile(PathBuf),
    #[error("the master key does not open here: {0}")]
    Sealed(license::binding::NotOpened),
    #[error("the master key that is sealed to the recovery key does not open: {0}")]
    SealedMaster(String),
    #[error(
        "the master key in the backup is bound to another host, and only the recovery shares open it here"
    )]
    BoundElsewhere,
    #[error("the master key cannot be bound: {0}")]
    Unbindable(String),
    #[error(
        "the server did not take the licence within {seconds} s, and the one before is back in its place; {report}"
    )]
    NotTaken { seconds: u64, report: String },
    #[error("the database that was put aside is not what it was: {}", .0.join("; "))]
    Aside(Vec<String>),
    #[error("there is no release to go back to")]
    NoWayBack,
    #[error("it failed, and some of it could not be put back: {}", left.facts.join("; "))]
    NeedsHands { left: Left, source: Box<Error> },
}

/// What could not be put back.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// What is not as it was, in words.
    pub(crate) facts: Vec<String>,
    /// What would do it by hand, in this order.
    pub(crate) commands: Vec<String>,
}

/// An error with everything that led to it, in one line.
pub(crate) fn in_words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

impl Error {
    /// A refusal by the bundle's reader, told apart from a medium that fails.
    pub(crate) fn of_bundle(path: &Path, source: offline::Error) -> Self {
        let path = path.to_owned();
        if source.is_bad_bundle() || source.is_without_trust() {
            Self::Bundle { path, source }
        } else {
            Self::Medium { path, source }
        }
    }

    /// For `map_err`: what was tried with which file.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Files { what, path, source }
    }

    /// For `map_err`: what the engine was asked for.
    pub(crate) fn engine(what: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> Self {
        let what = what.into();
        move |source| Self::EngineRefused { what, source }
    }

    const fn page(&self) -> &'static codes::Code {
        match self {
            Self::Bundle { .. } | Self::Damaged { .. } => &codes::BUNDLE,
            Self::Medium { .. } => &codes::MEDIUM,
            Self::Trust { .. } => &codes::TRUST,
            Self::Roots { .. } => &codes::ROOTS,
            Self::Database { .. } => &codes::DATABASE,
            Self::NoBackupKey => &codes::NO_BACKUP_KEY,
            Self::BackupKey(_) => &codes::BACKUP_KEY,
            Self::BackupRefused(_) | Self::BackupDiffers(_) => &codes::BACKUP_REFUSED,
            Self::BackupExists(_) => &codes::FILES,
            Self::Schedule(_) | Self::NoSystemd => &codes::SCHEDULE,
            Self::Preflight(_) => &codes::PREFLIGHT,
            Self::NoLicense | Self::LicenseFile { .. } => &codes::NO_LICENSE,
            Self::License { .. } | Self::LicenseOlder { .. } => &codes::LICENSE,
            Self::Maintenance { .. } => &codes::MAINTENANCE,
            Self::LicenseKeys(_) => &codes::LICENSE_KEYS,
            Self::Locked(_) => &codes::LOCKED,
            Self::Declined => &codes::DECLINED,
            Self::Engine { .. } => &codes::ENGINE,
            Self::EngineRefused { .. } => &codes::ENGINE_REFUSED,
            Self::Load { .. } => &codes::LOAD,
            Self::Image { .. } => &codes::IMAGE,
            Self::Compose { .. } => &codes::COMPOSE,
            Self::NoDocker(_) => &codes::UNCONFIRMED,
            Self::NotReady { .. } => &codes::NOT_READY,
            Self::Files { .. } | Self::File(_) => &codes::FILES,
            Self::PlanFile { .. } | Self::Drift(_) => &codes::PLAN,
            Self::Leak { .. } => &codes::LEAK,
            Self::NoRoom { .. } => &codes::NO_ROOM,
            Self::NotInstalled(_) => &codes::NOT_INSTALLED,
            Self::Interrupted => &codes::INTERRUPTED,
            Self::NoSuchCode(_) => &codes::NO_SUCH_CODE,
            Self::EnvFile { .. } => &codes::ENVFILE,
            Self::State { .. } | Self::NoManifest(_) => &codes::STATE,
            Self::Journal { .. } => &codes::JOURNAL,
            Self::Base { .. } => &codes::BASE,
            Self::Setup(_) => &codes::SETUP,
            Self::AdminLink(_) => &codes::ADMIN_LINK,
            Self::RolledBack { .. } => &codes::ROLLED_BACK,
            Self::Rehearsal(_) => &codes::REHEARSAL,
            Self::Aside(_) => &codes::ASIDE,
            Self::Shares(_) | Self::Share { .. } | Self::OtherShares { .. } => &codes::SHARES,
            Self::NoEscrow => &codes::NO_ESCROW,
            Self::NowhereToShow | Self::ShareFile(_) => &codes::NOWHERE,
            Self::Sealed(_) | Self::SealedMaster(_) | Self::BoundElsewhere => &codes::SEALED,
            Self::Unbindable(_) => &codes::UNBINDABLE,
            Self::NotTaken { .. } => &codes::NOT_TAKEN,
            Self::NoWayBack => &codes::NO_WAY_BACK,
            Self::OtherInstallation | Self::NewerBackup { .. } | Self::NoBundle(_) => {
                &codes::RESTORE
            }
            Self::NeedsHands { .. } => &codes::NEEDS_HANDS,
        }
    }
}

impl Left {
    fn hint(&self) -> String {
        let mut text =
            "Put right what is named, then run `vaultterm-install rollback`: it goes on where \
                        this stopped, and proves the end."
                .to_owned();
        if !self.commands.is_empty() {
            text.push_str(" Or by hand, in this order:");
            for command in &self.commands {
                text.push_str("\n    ");
                text.push_str(command);
            }
        }
        text
    }
}

impl Failure for Error {
    fn exit(&self) -> ExitCode {
        match self {
            Self::Bundle { .. }
            | Self::Damaged { .. }
            | Self::Base { .. }
            | Self::Trust { .. }
            | Self::Roots { .. }
            | Self::BackupRefused(_)
            | Self::BackupDiffers(_)
            | Self::Journal { .. }
            | Self::Image { .. } => ExitCode::Untrusted,
            Self::Preflight(_) | Self::NoRoom { .. } | Self::Drift(_) => ExitCode::Preflight,
            Self::NoLicense
            | Self::LicenseFile { .. }
            | Self::License { .. }
            | Self::LicenseOlder { .. }
            | Self::Maintenance { .. }
            | Self::LicenseKeys(_) => ExitCode::License,
            Self::Locked(_) => ExitCode::Locked,
            Self::Interrupted => ExitCode::Interrupted,
            Self::NoSuchCode(_) | Self::NowhereToShow | Self::ShareFile(_) => ExitCode::Usage,
            Self::RolledBack { .. } => ExitCode::RolledBack,
            Self::NeedsHands { .. } | Self::Aside(_) => ExitCode::NeedsHands,
            _ => ExitCode::Failed,
        }
    }

    fn code(&self) -> &'static str {
        self.page().id
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Bundle { source, .. } | Self::Medium { source, .. } => source.hint().to_owned(),
            Self::Damaged { path, .. } => format!(
                "Copy it again, or write a request with `vaultterm-install repair-request {}` and \
                 heal it with the small answer of the build host.",
                path.display()
            ),
            Self::Trust { .. } => "Give the vendor's release.pub, or his roots.".to_owned(),
            Self::Roots { .. } => {
                "Use the installer of the vendor whose release is installed here; `explain VT-I027` \
                 says more."
                    .to_owned()
            }
            Self::NoBackupKey => "Give --recipient age1…, put recipients into backups/recipients.txt, or \
                 give a passphrase with --backup-password-file or VAULTTERM_BACKUP_PASSWORD."
                .to_owned(),
            Self::Schedule(_) => "Times are written as `systemd-analyze calendar TIME` takes them, such as \
                 02:30 or `Mon..Fri 22:00`."
                .to_owned(),
            Self::NoSystemd => "Let this host's own scheduler run `vaultterm-install backup` and then \
                 `vaultterm-install backup prune --keep 14`; or write units with --root DIR."
                .to_owned(),
            Self::BackupExists(_) => "Run it again in a second.".to_owned(),
            Self::Preflight(_) => {
                "Put right what is named, and run `vaultterm-install preflight` again.".to_owned()
            }
            Self::NoLicense => "Give the vendor's .vtlic file with --license FILE.".to_owned(),
            Self::LicenseFile { source, .. } => {
                format!("{} Give it with --license FILE.", source.hint())
            }
            Self::License { .. } => {
                "Copy the file again; if it stays refused, ask the vendor for a new one.".to_owned()
            }
            Self::LicenseOlder { .. } => "Use the newest licence that the vendor has issued.".to_owned(),
            Self::Maintenance { .. } => {
                "Ask the vendor for a licence with later maintenance and give it with --license FILE, or take \
                 a release that was built earlier. Nothing was changed."
                    .to_owned()
            }
            Self::LicenseKeys(_) => "Use the installer that the vendor released.".to_owned(),
            Self::Locked(_) => "Wait until it has ended, then run the command again.".to_owned(),
            Self::Declined => "Run it on a terminal, or add --yes.".to_owned(),
            Self::Engine { .. } => {
                "Start the engine, run this as root, or name another with --docker-host.".to_owned()
            }
            Self::Drift(_) => {
                "Make a new plan with `vaultterm-install plan --out FILE`, and have it agreed to. \
                 Nothing was changed."
                    .to_owned()
            }
            Self::Leak { .. } => {
                "Nothing was written. See how the secret came there, and change the secret: it is \
                 known to whoever can read that."
                    .to_owned()
            }
            Self::NoRoom { .. } => {
                "Make room on that disk, or put it on a larger one. Nothing was changed.".to_owned()
            }
            Self::NotInstalled(_) => {
                "Name the folder of the installation with --dir, or run `install`.".to_owned()
            }
            Self::Interrupted => {
                "Run the same command again: it goes on where it stopped.".to_owned()
            }
            Self::NoSuchCode(_) => "Run `vaultterm-install explain` for the list.".to_owned(),
            Self::EnvFile { .. } => "Correct the line.".to_owned(),
            Self::RolledBack { source, .. } => source.hint()?,
            Self::OtherInstallation => {
                "If that is what you want, add --other-installation.".to_owned()
            }
            Self::NewerBackup { backup, .. } => {
                format!("Upgrade to release {backup} first, then restore.")
            }
            Self::NoBundle(version) => {
                format!("Give the bundle of release {version} with --bundle FILE.")
            }
            Self::Aside(_) => "Nothing was changed, and the installed release serves on. The backup from before \
                 the upgrade is the other way back: `vaultterm-install backup list`, then `restore`."
                .to_owned(),
            Self::Shares(NoKey::TooFew(_)) => "Give a share with --share FILE for each, or run it on a terminal and type them."
                .to_owned(),
            Self::Shares(NoKey::OtherSet { .. }) | Self::OtherShares { .. } => {
                "Take two shares on which the same set is printed. Those from before an `escrow renew` open \
                 only what was sealed before it."
                    .to_owned()
            }
            Self::Shares(_) => "Take two different shares of one set.".to_owned(),
            Self::Share { .. } => "Compare it with the paper, group by group.".to_owned(),
            Self::NoEscrow => "Make one with `vaultterm-install escrow renew`.".to_owned(),
            Self::NowhereToShow => "Run it on a terminal, or let the shares be written with --shares-out DIR; \
                 --escrow none goes without them."
                .to_owned(),
            Self::ShareFile(_) => "Carry those shares away first, or name another folder.".to_owned(),
            Self::Sealed(_) => "Put the licence back that it is bound to; or, on another host, run \
                 `vaultterm-install license rebind` with two recovery shares."
                .to_owned(),
            Self::BoundElsewhere => {
                "Run `vaultterm-install recover` instead, which asks for two recovery shares.".to_owned()
            }
            Self::NotTaken { .. } => {
                "Look at `vaultterm-install status` and `vaultterm-install logs app`.".to_owned()
            }
            Self::NeedsHands { left, .. } => left.hint(),
            Self::File(error) => error.hint().to_owned(),
            other => format!("Run `vaultterm-install explain {}`.", other.code()),
        };
        Some(text)
    }
}
