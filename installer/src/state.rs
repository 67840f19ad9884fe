//! What is installed: the record that the last step of an installation writes.

use std::collections::BTreeMap;

use license::root::Carried;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::Error;
use crate::layout::Layout;

/// An installation, as `state.json` records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
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
    /// When it was installed.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) installed_at: OffsetDateTime,
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

/// Reads the record of an installation that has to be there.
pub(crate) fn require(layout: &Layout) -> Result<State, Error> {
    read(layout)?.ok_or_else(|| Error::NotInstalled(layout.dir().to_owned()))
}
