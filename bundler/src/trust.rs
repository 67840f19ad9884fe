//! Whose bundles are believed.

use std::path::{Path, PathBuf};

use license::minisign::PublicKey;

use crate::error::Error;

/// The keys of a trust file, or those compiled in when none is given.
pub(crate) fn keys(file: Option<&Path>) -> Result<Vec<PublicKey>, Error> {
    let (path, keys) = match file {
        Some(path) => {
            let text = console::read_bounded(path)?;
            (path.to_owned(), PublicKey::all_from_text(&text))
        }
        None => (
            PathBuf::from("compiled into this program"),
            license::keys::release_keys(),
        ),
    };
    keys.map_err(|source| Error::PublicKey { path, source })
}
