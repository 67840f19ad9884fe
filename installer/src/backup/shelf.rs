//! The folder of backups: which there are, and which may go.

use std::fs;
use std::path::{Path, PathBuf};

use offline::Digest;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Header;
use crate::error::Error;
use crate::files::{folder, place, remove};
use crate::layout::Layout;

const ENDING: &str = ".backup.age";
/// What is known of a backup without opening it, beside it.
const NOTE: &str = ".json";
const MODE: u32 = 0o600;

/// The folder of backups.
pub(crate) struct Shelf {
    dir: PathBuf,
}

/// A backup that was proved when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// Its name in the folder.
    pub(crate) file: String,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The digest of the encrypted file.
    pub(crate) sha256: Digest,
    /// The rows that it holds, and that came out of it when it was proved.
    pub(crate) rows: u64,
    /// How long restoring it took, in milliseconds.
    pub(crate) restore_ms: u64,
    /// Which installation and release.
    #[serde(flatten)]
    pub(crate) header: Header,
}

impl Shelf {
    pub(crate) fn of(layout: &Layout) -> Self {
        Self {
            dir: layout.backups(),
        }
    }

    /// Makes the folder; only root looks into it.
    pub(crate) fn make(&self) -> Result<(), Error> {
        folder(&self.dir, 0o700, None)
    }

    /// The path of a new backup.
    pub(super) fn name(&self, header: &Header) -> PathBuf {
        let at = header.created.to_offset(time::UtcOffset::UTC);
        let name = format!(
            "vaultterm-v{}-{:04}{:02}{:02}T{:02}{:02}{:02}Z{ENDING}",
            header.version.replace('/', "_"),
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        );
        self.dir.join(name)
    }

    /// The file while it is written.
    pub(super) fn partial(&self) -> PathBuf {
        self.dir.join(".arriving")
    }

    /// Removes what a run that was killed has left.
    pub(crate) fn forget_partial(&self) -> Result<(), Error> {
        let path = self.partial();
        remove(&path).map_err(Error::file("cannot remove", &path))
    }

    /// Gives a proved backup its name, and its note first: a backup without one does not count.
    pub(super) fn keep(&self, from: &Path, to: &Path, entry: &Entry) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(entry).unwrap_or_default();
        place(&note_of(to), &text, MODE, None)?;
        fs::rename(from, to).map_err(Error::file("cannot rename", from))?;
        let dir = fs::File::open(&self.dir).and_then(|dir| dir.sync_all());
        dir.map_err(Error::file("cannot sync", &self.dir))
    }

    /// All of them, the newest first.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        let found = match fs::read_dir(&self.dir) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(entries),
            Err(error) => return Err(Error::file("cannot read", &self.dir)(error)),
        };
        for file in found.flatten() {
            let path = file.path();
            let is_backup = path.to_string_lossy().ends_with(ENDING);
            let note = fs::read(note_of(&path)).ok();
            let entry = note.and_then(|note| serde_json::from_slice::<Entry>(&note).ok());
            if is_backup && let Some(entry) = entry {
                entries.push(entry);
            }
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.header.created));
        Ok(entries)
    }

    /// Removes all but the newest `keep`; which went.
    pub(crate) fn prune(&self, keep: usize) -> Result<Vec<Entry>, Error> {
        let old: Vec<Entry> = self.entries()?.into_iter().skip(keep.max(1)).collect();
        for entry in &old {
            let path = self.dir.join(&entry.file);
            remove(&path).map_err(Error::file("cannot remove", &path))?;
            let note = note_of(&path);
            remove(&note).map_err(Error::file("cannot remove", &note))?;
        }
        Ok(old)
    }

    /// When the newest was made.
    pub(crate) fn newest(&self) -> Option<OffsetDateTime> {
        let entries = self.entries().ok()?;
        entries.first().map(|entry| entry.header.created)
    }
}

fn note_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(NOTE);
    PathBuf::from(name)
}
