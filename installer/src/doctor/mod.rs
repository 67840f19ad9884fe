//! Is the installation what the signed manifest of its release says? A look, and a pure judgement.

mod certificate;
mod drift;
mod judge;
mod look;

use std::path::PathBuf;

use offline::{Digest, Manifest};
use time::OffsetDateTime;

use crate::choices::Choices;
use crate::engine::Container;
use crate::state::State;

pub(crate) use drift::Checksums;
pub(crate) use judge::judge;
pub(crate) use look::look;

/// Everything that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) now: OffsetDateTime,
    pub(crate) state: State,
    /// What the installed release promised; `None` when it is not there any more.
    pub(crate) manifest: Option<Manifest>,
    pub(crate) containers: Vec<Container>,
    /// What was chosen, as `.env` says.
    pub(crate) choices: Choices,
    /// The hash of each service's configuration, as Compose would start it now.
    pub(crate) hashes: Result<Vec<(String, String)>, String>,
    /// What the database says of its migrations.
    pub(crate) checksums: Option<Checksums>,
    /// What the release signed of them.
    pub(crate) signed: Option<Checksums>,
    /// The mounted files, as they are.
    pub(crate) files: Vec<Mounted>,
    /// The applied migrations, or why they cannot be had.
    pub(crate) migrations: Result<Vec<u32>, String>,
    pub(crate) roles: Result<Vec<DatabaseRole>, String>,
    /// PostgreSQL's version as a number, such as 160014.
    pub(crate) postgres: Option<u32>,
    /// Why the app is not ready or does not open what it stored.
    pub(crate) app: Result<(), String>,
    /// What the app found when it read the audit trails again, or why they are not whole.
    pub(crate) audit: Result<String, String>,
    /// When the certificate of the portal's address expires; `None` for plain HTTP.
    pub(crate) certificate: Option<Result<OffsetDateTime, String>>,
    /// What the licence deserves said, or why it is refused.
    pub(crate) license: Result<Option<String>, String>,
    pub(crate) backup: Option<OffsetDateTime>,
    /// Free bytes where the installation is.
    pub(crate) free: Option<u64>,
    /// Whether a run broke off.
    pub(crate) interrupted: bool,
    /// Files with secrets that others than their owner may read.
    pub(crate) open_secrets: Vec<PathBuf>,
}

/// A file that containers mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mounted {
    pub(crate) name: String,
    /// Digest and mode; `None` when it is not there.
    pub(crate) found: Option<(Digest, u32)>,
}

/// A role of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatabaseRole {
    pub(crate) name: String,
    /// Superuser, may pass by row-level security, or may make roles or databases.
    pub(crate) privileged: bool,
}
