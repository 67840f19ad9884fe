//! What is installed: the record that the last step of an installation writes.

use std::collections::BTreeMap;

use license::root::Carried;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::before::Before;
use crate::error::Error;
use crate::escrow::Escrow;
use crate::files::place;
use crate::layout::Layout;

/// It holds no secret.
pub(crate) const MODE: u32 = 0o644;

/// An installation, as `state.json` records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    /// Names this installation, so that its backups are told from those of another.
    pub(crate) installation: String,
    /// The release.
    pub(crate) version: String,
    /// Its counter: a lower one is a step back.
    pub(crate) release_counter: u64,
    /// When its bundle was built, in seconds since 1970.
    pub(crate) created: u64,
    /// The keys that signed it, of those that were trusted.
    pub(crate) signers: Vec<String>,
    /// The roots that were taken over with it: what was revoked once stays so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roots: Option<Carried>,
    /// The Compose project.
    pub(crate) project: String,
    /// Image ids by service.
    pub(crate) images: BTreeMap<String, String>,
    /// What `rollback` goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Previous>,
    /// Its recovery key, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) escrow: Option<Escrow>,
    /// When it was installed.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) installed_at: OffsetDateTime,
}

/// The release before the installed one, as long as there is a way back to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) version: String,
    /// The upgrade that led here.
    pub(crate) run: String,
    /// What it found.
    pub(crate) before: Before,
}

/// A new name for a run: 32 random bits.
pub(crate) fn new_run() -> Result<String, Error> {
    Ok(new_installation()?.chars().take(8).collect())
}

/// A new name for an installation: 128 random bits.
pub(crate) fn new_installation() -> Result<String, Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        Error::file(
            "cannot make random bytes for",
            std::path::Path::new("state.json"),
        )(error.into())
    })?;
    Ok(hex::encode(random))
}

/// Reads the record; `None` when nothing is installed.
pub(crate) fn read(layout: &Layout) -> Result<Option<State>, Error> {
    let path = layout.state();
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| Error::State { path, source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("cannot read", &path)(error)),
    }
}

/// Writes the record: whole, or as it was.
pub(crate) fn write(layout: &Layout, state: &State) -> Result<(), Error> {
    let path = layout.state();
    let text = serde_json::to_vec_pretty(state).map_err(|source| Error::State {
        path: path.clone(),
        source,
    })?;
    place(&path, &text, MODE, None)
}

/// Reads the record of an installation that has to be there.
pub(crate) fn require(layout: &Layout) -> Result<State, Error> {
    read(layout)?.ok_or_else(|| Error::NotInstalled(layout.dir().to_owned()))
}
