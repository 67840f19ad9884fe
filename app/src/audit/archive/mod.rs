//! A trail as a file that is verified without the server.
//!
//! Lines of JSON, each laid out to the byte, so that the text of an entry is hashed as it stands and
//! nothing is parsed that need not be:
//!
//! | line | holds |
//! |---|---|
//! | first | `kind` (`vaultterm audit archive`), `version` (1), `organization`, `made`; `through` and `hash`: the number and the hash behind which it begins; `last`: the number of its last entry; `keys`: audit keys of earlier master keys, sealed under the one in use, or nothing |
//! | entry | `{"seq":…,"hash":…,"key":…,"mac":…,"linkKey":…,"linkMac":…,"entry":…}`; the entry is the text that is authenticated |
//! | checkpoint | `{"checkpoint":…}`, as in its file, behind the last entry that it covers; those of before `through` behind the first line |
//! | last | `{"end":…}`, the number of the last entry |
//!
//! Bytes are in hexadecimal. See [`read`] for what can be said of such a file, and by whom.

mod line;
pub mod read;
mod write;

pub use write::{ArchiveError, Writer};

/// What the first line says of the file.
const KIND: &str = "vaultterm audit archive";
const VERSION: u64 = 1;

/// The first line.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    kind: String,
    version: u64,
    organization: crate::kernel::OrgId,
    made: String,
    through: i64,
    hash: String,
    last: i64,
    keys: Vec<SealedKey>,
}

/// The audit key of an earlier master key.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedKey {
    id: String,
    sealed: String,
}
