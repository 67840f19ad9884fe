//! A file that is whole or not there: written beside its place, renamed when it is done.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A file on its way. Dropped before [`Output::finish`], it vanishes.
pub(crate) struct Output {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Output {
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(dir)?;
        let file = tempfile::Builder::new()
            .prefix(".bundle-")
            .tempfile_in(dir)?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// A handle to write with.
    pub(crate) fn file(&self) -> io::Result<File> {
        self.file.as_file().try_clone()
    }

    /// Where it is until it is finished.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Syncs it and gives it its name. All may read it: it holds no secret.
    pub(crate) fn finish(self) -> io::Result<PathBuf> {
        let file = self.file.as_file();
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.sync_all()?;
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(self.path)
    }
}
