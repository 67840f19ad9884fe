//! Writing the installation's files: whole or not at all, with mode and owner.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The user of the app inside its container, who reads the secrets and writes the licence's state.
pub(crate) const APP_USER: u32 = 10_001;

/// Makes a folder with exactly this mode. One that is there is kept as it is.
pub(crate) fn folder(path: &Path, mode: u32, owner: Option<u32>) -> Result<(), Error> {
    let make = || -> io::Result<()> {
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        chown(path, owner, owner)
    };
    make().map_err(Error::file("cannot make the folder", path))
}

/// Writes a file beside its place, syncs it, and renames it: it is never half there.
pub(crate) fn place(path: &Path, bytes: &[u8], mode: u32, owner: Option<u32>) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        let dir = path.parent().unwrap_or(Path::new("/"));
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(dir)?;
        file.write_all(bytes)?;
        file.as_file()
            .set_permissions(Permissions::from_mode(mode))?;
        chown(file.path(), owner, owner)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        fs::File::open(dir)?.sync_all()
    };
    write().map_err(Error::file("cannot write", path))
}

/// Removes a file or a whole folder; one that is not there is removed already.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let gone = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match gone {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Waits until everything below a folder is on the disk.
pub(crate) fn settle_on_disk(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            settle_on_disk(&entry.path())?;
        } else if kind.is_file() {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    fs::File::open(path)?.sync_all()
}

/// Removes folders, the innermost first, up to the first that holds something.
pub(crate) fn remove_empty(folders: &[PathBuf]) {
    for path in folders {
        if fs::remove_dir(path).is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{folder, place, remove};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn files_are_replaced_whole_and_keep_their_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        place(&path, b"one", 0o600, None).unwrap();
        place(&path, b"two", 0o644, None).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn folders_and_removals_can_be_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for _ in 0..2 {
            folder(&path, 0o700, None).unwrap();
        }
        std::fs::write(path.join("b"), "").unwrap();
        for _ in 0..2 {
            remove(&path).unwrap();
        }
        assert!(!path.exists());
    }
}
