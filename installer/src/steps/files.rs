//! The release's files to their place, and those that containers mount beside the Compose file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Work;
use crate::error::Error;
use crate::files::{folder, place, remove};
use crate::layout::Layout;

pub(super) fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let release = work.layout.release(&work.manifest.version);
    let arriving = work.layout.arriving();
    if arriving.exists() {
        remove(&release).map_err(Error::file("cannot replace", &release))?;
        fs::rename(&arriving, &release).map_err(Error::file("cannot rename", &arriving))?;
    }
    for name in Layout::MOUNTED {
        let from = release.join(name);
        let to = work.layout.dir().join(name);
        if from.is_dir() {
            folder(&to, 0o755, None)?;
            let entries = fs::read_dir(&from).map_err(Error::file("cannot read", &from))?;
            for entry in entries {
                let entry = entry.map_err(Error::file("cannot read", &from))?;
                mount(work, &entry.path(), &to.join(entry.file_name()))?;
            }
        } else {
            mount(work, &from, &to)?;
        }
    }
    Ok(())
}

/// Puts one file in place. An operator's edit is not lost: it stays beside it.
fn mount(work: &Work<'_>, from: &Path, to: &Path) -> Result<(), Error> {
    let bytes = fs::read(from).map_err(Error::file("cannot read", from))?;
    let mode = fs::metadata(from).map_err(Error::file("cannot read", from))?;
    match fs::read(to) {
        Ok(old) if old == bytes => return Ok(()),
        Ok(old) => {
            let mut edited = to.as_os_str().to_owned();
            edited.push(".edited");
            place(Path::new(&edited), &old, 0o600, None)?;
            work.console.warn(&format!(
                "{} was changed by hand; the release's file replaces it, yours is kept as {}",
                to.display(),
                Path::new(&edited).display()
            ));
        }
        Err(_) => {}
    }
    place(to, &bytes, mode.permissions().mode() & 0o777, None)
}

pub(super) fn undo(work: &mut Work<'_>) -> Result<(), Error> {
    for name in Layout::MOUNTED {
        if !work.before.had(name) {
            let path = work.layout.dir().join(name);
            remove(&path).map_err(Error::file("cannot remove", &path))?;
        }
    }
    if work.before.version.as_ref() != Some(&work.manifest.version) {
        let release = work.layout.release(&work.manifest.version);
        remove(&release).map_err(Error::file("cannot remove", &release))?;
    }
    Ok(())
}
