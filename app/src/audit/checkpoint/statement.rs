//! What a checkpoint says, to the byte, and the file that somebody keeps.
//!
//! The body is a JSON object with sorted keys and no spaces; its members are those of [`Statement`].
//! What is signed is [`LABEL`] and then the body. The file is a JSON object:
//!
//! | member | holds |
//! |---|---|
//! | `kind` | `vaultterm audit checkpoint` |
//! | `version` | 1 |
//! | `body` | the body, as an object; laid out as one likes |
//! | `publicKey` | the key that signed, in hexadecimal |
//! | `signature` | Ed25519 (RFC 8032), in hexadecimal |

use license::ed25519::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::audit::chain::Hash;
use crate::kernel::OrgId;
use crate::keys::SigningKey;

/// What stands before a body where it is signed.
const LABEL: &[u8] = b"vaultterm audit checkpoint v1\0";
/// What a file says of itself.
const KIND: &str = "vaultterm audit checkpoint";
const VERSION: u64 = 1;

/// What is stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::audit) struct Statement {
    pub(in crate::audit) version: u64,
    pub(in crate::audit) organization: OrgId,
    /// Checkpoints of a trail are numbered from 1.
    pub(in crate::audit) number: i64,
    /// The first entry that it covers and the checkpoint before it does not, and the last.
    pub(in crate::audit) first: i64,
    pub(in crate::audit) last: i64,
    /// The hash of the chain before the first entry, and at the last; hexadecimal.
    pub(in crate::audit) before: String,
    pub(in crate::audit) hash: String,
    /// SHA-256 over the body of the checkpoint before; null at the first.
    pub(in crate::audit) previous: Option<String>,
    /// The counter of the licence in force; null without one.
    pub(in crate::audit) license_counter: Option<u64>,
    /// When, RFC 3339.
    pub(in crate::audit) at: String,
}

impl Statement {
    /// The body.
    pub(in crate::audit) fn body(&self) -> String {
        // By way of a value, which keeps its keys sorted.
        serde_json::to_value(self).unwrap_or_default().to_string()
    }

    pub(in crate::audit) const fn version() -> u64 {
        VERSION
    }
}

/// A statement with a signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    statement: Statement,
    body: String,
    key: PublicKey,
    signature: [u8; 64],
}

/// Why something is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It does not have the members that it should.
    #[error("this is no checkpoint of an audit trail")]
    NoCheckpoint,
    /// A later release made it.
    #[error("the checkpoint was made by a later release")]
    Later,
    /// The signature is not that of the key over this body.
    #[error("the signature of the checkpoint does not hold")]
    BadSignature,
}

impl Checkpoint {
    /// States something.
    pub(super) fn sign(statement: Statement, key: &SigningKey) -> Option<Self> {
        let body = statement.body();
        let signature = key.sign(&signed(&body));
        Some(Self {
            statement,
            body,
            key: key.public()?,
            signature,
        })
    }

    /// Takes a body with its signature.
    ///
    /// # Errors
    /// [`FileError`] when the signature does not hold, or the body is not one that is understood.
    pub(in crate::audit) fn open(
        body: &str,
        key: &PublicKey,
        signature: &[u8],
    ) -> Result<Self, FileError> {
        let signature: [u8; 64] = signature.try_into().map_err(|_| FileError::BadSignature)?;
        let held = key.verify(&signed(body), &signature);
        held.map_err(|_| FileError::BadSignature)?;
        let read: Value = serde_json::from_str(body).map_err(|_| FileError::NoCheckpoint)?;
        if read.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return Err(FileError::Later);
        }
        Ok(Self {
            statement: serde_json::from_value(read).map_err(|_| FileError::NoCheckpoint)?,
            body: body.to_owned(),
            key: key.clone(),
            signature,
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`FileError`] when it is none, or its signature does not hold.
    pub fn from_file(bytes: &[u8]) -> Result<Self, FileError> {
        let file: Value = serde_json::from_slice(bytes).map_err(|_| FileError::NoCheckpoint)?;
        let text = |name: &str| file.get(name).and_then(Value::as_str);
        if text("kind") != Some(KIND) {
            return Err(FileError::NoCheckpoint);
        }
        if file.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return Err(FileError::Later);
        }
        let hex = |name: &str| text(name).and_then(|text| hex::decode(text).ok());
        let key = hex("publicKey").and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let key = key.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
        let body = file.get("body").filter(|body| body.is_object());
        let (Some(key), Some(body), Some(signature)) = (key, body, hex("signature")) else {
            return Err(FileError::NoCheckpoint);
        };
        Self::open(&body.to_string(), &key, &signature)
    }

    /// The file.
    #[must_use]
    pub fn to_file(&self) -> Value {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        json!({
            "kind": KIND,
            "version": VERSION,
            "body": body,
            "publicKey": hex::encode(self.key.as_bytes()),
            "signature": hex::encode(self.signature),
        })
    }

    /// The number among the checkpoints of its trail.
    #[must_use]
    pub const fn number(&self) -> i64 {
        self.statement.number
    }

    /// The number of the last entry that it covers.
    #[must_use]
    pub const fn last(&self) -> i64 {
        self.statement.last
    }

    /// Whose trail it is about.
    #[must_use]
    pub const fn organization(&self) -> OrgId {
        self.statement.organization
    }

    /// The key that signed it.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    pub(in crate::audit) const fn statement(&self) -> &Statement {
        &self.statement
    }

    pub(in crate::audit) fn body(&self) -> &str {
        &self.body
    }

    pub(in crate::audit) const fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// What the checkpoint after it calls it.
    pub(in crate::audit) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.body.as_bytes()))
    }

    /// The hash of the chain at its last entry.
    pub(in crate::audit) fn hash(&self) -> Option<Hash> {
        hex::decode(&self.statement.hash).ok()?.try_into().ok()
    }
}

fn signed(body: &str) -> Vec<u8> {
    [LABEL, body.as_bytes()].concat()
}
