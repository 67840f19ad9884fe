//! Whose bundles are believed.

use std::path::{Path, PathBuf};

use license::trust::Trust;

use crate::error::Error;

/// What a trust file names, keys or roots, or what is compiled in when none is given.
pub(crate) fn of(file: Option<&Path>) -> Result<Trust, Error> {
    let (path, trust) = match file {
        Some(path) => {
            let text = console::read_bounded(path)?;
            (path.to_owned(), Trust::from_text(&text))
        }
        None => (
            PathBuf::from("compiled into this program"),
            license::keys::release_trust(),
        ),
    };
    trust.map_err(|source| Error::Trust { path, source })
}
