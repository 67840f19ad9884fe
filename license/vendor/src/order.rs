//! What a customer ordered, as a YAML file. The only place where YAML is read; none is written.

use std::path::Path;

use console::read_bounded;
use license::vtlic::Tier;
use serde::Deserialize;

use crate::error::Error;

/// The fields of an order; each may be left out and given as a flag, and a flag wins.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) customer: Option<String>,
    pub(crate) tier: Option<Tier>,
    pub(crate) seats: Option<u32>,
    pub(crate) expires: Option<String>,
    pub(crate) not_before: Option<String>,
    pub(crate) maintenance_ends: Option<String>,
    pub(crate) grace_days: Option<u16>,
    pub(crate) counter: Option<u64>,
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
    #[serde(default)]
    pub(crate) features: Vec<String>,
}

impl Order {
    /// Reads an order.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        serde_yaml::from_str(&read_bounded(path)?).map_err(|source| Error::Order {
            path: path.to_owned(),
            source,
        })
    }
}
