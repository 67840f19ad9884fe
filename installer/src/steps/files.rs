//! The release's files to their place, and those that containers mount beside the Compose file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{Site, Step, Work};
use crate::apply::{When, reach};
use crate::error::Error;
use crate::files::{folder, place, remove};
use crate::layout::Layout;

pub(super) fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let release = work.site.layout.release(&work.manifest.version);
    let arriving = work.site.layout.arriving();
    if arriving.exists() {
        remove(&release).map_err(Error::file("cannot replace", &release))?;
        fs::rename(&arriving, &release).map_err(Error::file("cannot rename", &arriving))?;
    }
    for name in mounted(&release)? {
        reach(When::Amid, Step::Files)?;
        mount(work, &release.join(&name), &name)?;
    }
    Ok(())
}

/// The files of a release that containers mount, named as in the installation's folder.
fn mounted(release: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for name in Layout::MOUNTED {
        let from = release.join(name);
        if !from.is_dir() {
            names.push((*name).to_owned());
            continue;
        }
        for entry in fs::read_dir(&from).map_err(Error::file("cannot read", &from))? {
            let entry = entry.map_err(Error::file("cannot read", &from))?;
            names.push(format!("{name}/{}", entry.file_name().to_string_lossy()));
        }
    }
    Ok(names)
}

/// Puts one file in place. An operator's edit is not lost: it stays beside it.
fn mount(work: &Work<'_>, from: &Path, name: &str) -> Result<(), Error> {
    let to = work.site.layout.dir().join(name);
    if let Some(parent) = to.parent() {
        folder(parent, 0o755, None)?;
    }
    let bytes = fs::read(from).map_err(Error::file("cannot read", from))?;
    let meta = fs::metadata(from).map_err(Error::file("cannot read", from))?;
    match fs::read(&to) {
        Ok(old) if old == bytes => return Ok(()),
        Ok(old) => {
            work.site.remember(name)?;
            if brought(&work.site, name).is_some_and(|brought| brought == old) {
                return place(&to, &bytes, meta.permissions().mode() & 0o777, None);
            }
            let edited = edited(&work.site, name);
            place(&edited, &old, 0o600, None)?;
            work.site.console.warn(&format!(
                "{} was changed by hand; the release's file replaces it, yours is kept as {}",
                to.display(),
                edited.display()
            ));
        }
        Err(_) => {}
    }
    place(&to, &bytes, meta.permissions().mode() & 0o777, None)
}

/// A file as the release brought it that was installed before.
fn brought(site: &Site<'_>, name: &str) -> Option<Vec<u8>> {
    let version = site.run.before.version.as_ref()?;
    fs::read(site.layout.release(version).join(name)).ok()
}

fn edited(site: &Site<'_>, name: &str) -> PathBuf {
    site.layout.dir().join(format!("{name}.edited"))
}

pub(super) fn undo(site: &Site<'_>) -> Result<(), Error> {
    let release = site.layout.release(&site.run.version);
    for name in mounted(&release).unwrap_or_default() {
        let meta = fs::metadata(release.join(&name));
        let mode = meta.map_or(0o644, |meta| meta.permissions().mode() & 0o777);
        site.put_back(&name, mode, None)?;
        reach(When::AmidUndo, Step::Files)?;
        let edited = edited(site, &name);
        if !site.run.before.had(&format!("{name}.edited")) {
            remove(&edited).map_err(Error::file("cannot remove", &edited))?;
        }
    }
    for name in Layout::MOUNTED {
        if !site.run.before.had(name) {
            let path = site.layout.dir().join(name);
            remove(&path).map_err(Error::file("cannot remove", &path))?;
        }
    }
    if site.run.before.version.as_ref() != Some(&site.run.version) {
        remove(&release).map_err(Error::file("cannot remove", &release))?;
    }
    Ok(())
}
