//! One run at a time in a folder: a lock on the folder itself. It vanishes with the process, so
//! there is no file that a crash could leave behind.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::Error;
use crate::files::{folder, remove_empty};

/// The right to work in a folder.
pub(crate) struct Lock {
    _folder: File,
    /// Folders that were made for the lock, the innermost first.
    made: Vec<PathBuf>,
}

impl Lock {
    /// Locks the folder, which is made when it is not there.
    pub(crate) fn take(dir: &Path) -> Result<Self, Error> {
        let missing: Vec<PathBuf> = dir
            .ancestors()
            .take_while(|path| !path.exists())
            .map(Path::to_owned)
            .collect();
        for path in missing.iter().rev() {
            folder(path, 0o755, None)?;
        }
        let opened = File::open(dir).map_err(Error::file("cannot open", dir))?;
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                _folder: opened,
                made: missing,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Locked(dir.to_owned())),
            Err(error) => Err(Error::file("cannot lock", dir)(io::Error::from(error))),
        }
    }

    /// Folders that were made for the lock, the innermost first.
    pub(crate) fn made(&self) -> &[PathBuf] {
        &self.made
    }
}

impl Drop for Lock {
    /// Folders that were made for the lock and are still empty go again: a refusal leaves nothing.
    fn drop(&mut self) {
        remove_empty(&self.made);
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;
    use crate::error::Error;

    #[test]
    fn one_at_a_time_and_nothing_is_left() {
        let room = tempfile::tempdir().unwrap();
        let dir = room.path().join("opt/vaultterm");
        let first = Lock::take(&dir).unwrap();
        assert!(matches!(Lock::take(&dir), Err(Error::Locked(_))));
        drop(first);
        assert!(!room.path().join("opt").exists());
        let again = Lock::take(&dir).unwrap();
        std::fs::write(dir.join("kept"), "").unwrap();
        drop(again);
        assert!(dir.join("kept").exists());
    }
}
