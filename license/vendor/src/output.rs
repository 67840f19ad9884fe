//! Small files: read with a bound, written beside and renamed.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::error::Error;

/// No file that this tool reads is longer.
const MAX_FILE: u64 = 256 * 1024;

/// Who may read a written file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Its owner.
    Private,
    /// Everybody.
    Public,
}

impl Mode {
    const fn bits(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Public => 0o644,
        }
    }
}

/// Reads a text file of reasonable size.
pub(crate) fn read_bounded(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::NotText(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| Error::NotText(path.to_owned()))
}

/// Writes a file that must not exist yet.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), Error> {
    let file = beside(path, bytes, mode)?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| Error::Write {
            path: path.to_owned(),
            source: error.error,
        })
}

/// Writes a file, replacing an earlier one in one step.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), Error> {
    let file = beside(path, bytes, mode)?;
    file.persist(path).map(drop).map_err(|error| Error::Write {
        path: path.to_owned(),
        source: error.error,
    })
}

fn beside(path: &Path, bytes: &[u8], mode: Mode) -> Result<tempfile::NamedTempFile, Error> {
    let failed = |source| Error::Write {
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
