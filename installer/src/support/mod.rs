//! The support bundle: what support needs to see, and nothing that it must not. It is redacted by
//! pattern and entropy, then searched as a whole for everything that the installation keeps secret,
//! and only then is there a file.

mod archive;
mod collect;
mod known;
mod pseudonyms;
mod redact;
mod search;

use std::collections::BTreeMap;

use serde::Serialize;

pub(crate) use archive::seal;
pub(crate) use collect::collect;
pub(crate) use known::Known;
pub(crate) use pseudonyms::Pseudonyms;
pub(crate) use redact::Redactor;

/// How often something was replaced, by what it was.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// One file of the bundle, redacted.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) name: String,
    /// What it is for.
    pub(crate) what: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) redacted: Counts,
}

/// Something that could not be had, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) why: String,
}
