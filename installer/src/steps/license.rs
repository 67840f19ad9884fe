//! The licence to its place.

use super::{Site, Work};
use crate::bound;
use crate::error::Error;
use crate::files::{APP_USER, folder, place, remove};

const NAME: &str = "license/license.vtlic";

pub(super) fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    // The app writes what it remembers of the licence beside it.
    folder(&work.site.layout.license_dir(), 0o750, Some(APP_USER))?;
    if std::fs::read(work.site.layout.license()).is_ok_and(|bytes| bytes == work.license.bytes) {
        return Ok(());
    }
    bound::admit(&work.site.layout, &work.license.license)?;
    work.site.remember(NAME)?;
    place(
        &work.site.layout.license(),
        &work.license.bytes,
        0o640,
        Some(APP_USER),
    )
}

pub(super) fn undo(site: &Site<'_>) -> Result<(), Error> {
    if site.run.before.had("license") {
        return site.put_back(NAME, 0o640, Some(APP_USER));
    }
    let dir = site.layout.license_dir();
    remove(&dir).map_err(Error::file("cannot remove", &dir))
}
