//! The server as it was before an installation: what undoing goes back to.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;

/// What was there before an installation began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Before {
    /// The release that was installed.
    pub(crate) version: Option<String>,
    /// Files of ours in the folder.
    pub(crate) files: BTreeSet<String>,
    /// Whether containers of the project existed.
    pub(crate) containers: bool,
    pub(crate) volumes: BTreeSet<String>,
    pub(crate) networks: BTreeSet<String>,
    /// Folders that the installation had to make to have a place, the innermost first.
    pub(crate) made: Vec<PathBuf>,
}

impl Before {
    pub(crate) fn of(facts: &Facts, made: &[PathBuf]) -> Self {
        Self {
            version: facts.installed.as_ref().map(|state| state.version.clone()),
            files: facts.present_files.clone(),
            containers: !facts.containers.is_empty(),
            volumes: facts.volumes.iter().cloned().collect(),
            networks: facts.networks.iter().cloned().collect(),
            made: made.to_owned(),
        }
    }

    /// Whether a file or folder, named as in the installation's folder, was there.
    pub(crate) fn had(&self, name: &str) -> bool {
        self.files.contains(name)
    }
}
