//! The entries of one organisation.

use time::OffsetDateTime;

use super::entry::{Entries, Entry};
use crate::kernel::SecretId;

/// Every transaction below it is in the index: a number as `xid8` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Horizon(pub(super) u64);

/// How far an index is up to date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fresh {
    pub(super) horizon: Horizon,
    /// When it was, by the clock of the database.
    pub(super) at: OffsetDateTime,
}

/// The entries of one organisation, and how far they are up to date.
#[derive(Default)]
pub(super) struct Index {
    pub(super) entries: Entries,
    /// None while it was never filled.
    pub(super) fresh: Option<Fresh>,
    bytes: usize,
}

impl Index {
    /// What it takes in memory, about, in bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a record as it is now; none when it is gone, or in the trash.
    pub(super) fn put(&mut self, id: SecretId, entry: Option<Entry>) {
        let before = match entry {
            Some(entry) => {
                self.bytes = self.bytes.saturating_add(entry.bytes());
                self.entries.insert(id, entry)
            }
            None => self.entries.remove(&id),
        };
        if let Some(before) = before {
            self.bytes = self.bytes.saturating_sub(before.bytes());
        }
    }
}
