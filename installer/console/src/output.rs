//! Small files: read with a bound, written beside and renamed.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A small file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is too large, or not text.
    #[error("{} is too large or not text", .0.display())]
    NotText(PathBuf),
    /// It cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl FileError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } | Self::NotText(_) => "Check the path and its permissions.",
            Self::Write { .. } => "Check the folder, its permissions and the free space.",
        }
    }
}

/// No small file is longer.
const MAX_FILE: u64 = 1 << 20;

/// Who may read a written file.
#[derive(Clone, Copy, Debug)]
pub enum FileMode {
    /// Its owner.
    Private,
    /// Everybody.
    Public,
}

impl FileMode {
    const fn bits(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Public => 0o644,
        }
    }
}

/// Reads a text file of reasonable size.
///
/// # Errors
/// [`FileError`].
pub fn read_bounded(path: &Path) -> Result<String, FileError> {
    let failed = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(FileError::NotText(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| FileError::NotText(path.to_owned()))
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// [`FileError`].
pub fn write_new_file(path: &Path, bytes: &[u8], mode: FileMode) -> Result<(), FileError> {
    let file = beside(path, bytes, mode)?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| FileError::Write {
            path: path.to_owned(),
            source: error.error,
        })
}

/// Writes a file, replacing an earlier one in one step.
///
/// # Errors
/// [`FileError`].
pub fn replace_file(path: &Path, bytes: &[u8], mode: FileMode) -> Result<(), FileError> {
    let file = beside(path, bytes, mode)?;
    file.persist(path)
        .map(drop)
        .map_err(|error| FileError::Write {
            path: path.to_owned(),
            source: error.error,
        })
}

fn beside(path: &Path, bytes: &[u8], mode: FileMode) -> Result<tempfile::NamedTempFile, FileError> {
    let failed = |source| FileError::Write {
        path: path.to_owned(),
        source,
    };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode.bits()))
        .tempfile_in(dir.unwrap_or(Path::new(".")))
        .map_err(failed)?;
    // The umask may have narrowed what was asked for.
    file.as_file()
        .set_permissions(Permissions::from_mode(mode.bits()))
        .map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed)?;
    Ok(file)
}
