//! Backups: one encrypted file with everything that an installation is made of.
//!
//! Outside it is the age format (<https://age-encryption.org/v1>), inside a tar, so that in an
//! emergency `age -d FILE | tar x` is enough. Its members, in order:
//!
//! | member | what |
//! |---|---|
//! | `backup.json` | [`Header`]: which installation and release, and which schema |
//! | `files/…` | `.env`, secrets, licence and its state, the record of what is installed |
//! | `database.dump/000001` … | pg_dump's custom format in pieces: a tar wants sizes beforehand |
//! | `contents.json` | [`Contents`]: digests of all that, and what each table held |
//!
//! A backup gets its name when it has been read back from the disk and restored into a scratch
//! database whose tables hold the same. Until then it is no backup.

mod archive;
mod create;
mod drill;
mod master;
mod passphrase;
mod reader;
mod seal;
mod shelf;

use std::collections::BTreeMap;

use console::Console;
use offline::Digest;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::engine::Engine;
use crate::layout::Layout;
use crate::postgres::Table;

pub(crate) use create::{begin, create};
pub(crate) use drill::{Proved, drill, files, pour, restore_into_scratch};
pub(crate) use master::{Custody, LICENSE_STATE};
use reader::{Content, read};
pub(crate) use seal::{Keys, Opening, Sealing, Unattended, recovered};
pub(crate) use shelf::{Entry, Shelf};

/// Where a backup is made or proved.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) console: &'a Console,
    pub(crate) layout: &'a Layout,
    pub(crate) engine: &'a Engine,
    pub(crate) now: OffsetDateTime,
}

/// The small files of a backup, named as in the installation's folder.
pub(crate) type Files = BTreeMap<String, Zeroizing<Vec<u8>>>;

/// What a backup is.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.vaultterm.backup+json";
/// The format that this program writes, and the only one that it reads.
pub(crate) const FORMAT: u32 = 1;

const HEADER: &str = "backup.json";
const CONTENTS: &str = "contents.json";
const FILES: &str = "files/";
const DUMP: &str = "database.dump/";

/// The first member: enough to refuse before gigabytes are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    /// [`MEDIA_TYPE`].
    pub(crate) media_type: String,
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// The installation that it is of.
    pub(crate) installation: String,
    /// The release that was installed.
    pub(crate) version: String,
    /// Its counter.
    pub(crate) release_counter: u64,
    /// The migrations that the database has, by number.
    pub(crate) migrations: Vec<u32>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
}

/// The last member: what all before it must be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contents {
    /// SHA-256 of each member before this one but for the dump, by name.
    pub(crate) files: BTreeMap<String, Digest>,
    /// SHA-256 of the dump, all pieces together.
    pub(crate) dump: Option<Digest>,
    /// Its size in bytes.
    pub(crate) dump_size: u64,
    /// What the tables held in the snapshot that was dumped.
    pub(crate) tables: Vec<Table>,
}

impl Contents {
    /// The rows of all tables.
    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
