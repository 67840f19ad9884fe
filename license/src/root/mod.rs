//! Who may sign releases, and how that changes without a new program: roots, as The Update
//! Framework has them (<https://theupdateframework.github.io/specification/latest/>, 5.3), in one
//! file and for hosts that never see a network.
//!
//! A [`Root`] names the keys of two roles and how many of each it takes: those that sign the next
//! root, and those that sign releases. It also names the keys that nobody may believe any more. A
//! [`Chain`] is every root from the first on; each is signed by enough keys of the one before *and*
//! by enough of its own. Roots do not expire: a host whose clock is dead must not lose its trust.

mod chain;
pub(crate) mod role;

pub use chain::{Carried, Chain, ChainError, Link, MAX_CHAIN_TEXT};
pub use role::{Role, RoleError};

use serde::{Deserialize, Serialize};

use crate::KeyFileError;
use crate::minisign::{KeyId, PublicKey};

/// What a root is, and all its signatures are good for.
pub const MEDIA_TYPE: &str = "application/vnd.vaultterm.root+json";
const PRODUCT: &str = "vaultterm";
/// The most keys that one root may have revoked.
pub const MAX_REVOKED: usize = 1024;
/// The longest comment of a key or reason for a revocation, in bytes.
pub const MAX_WORDS: usize = 200;

/// A key that is not believed any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The key.
    pub key: PublicKey,
    /// Why, in words for people.
    pub reason: String,
}

/// Who may sign. Made only when it breaks no rule; whether it is to be believed says a [`Chain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    version: u64,
    created: u64,
    roots: Role,
    releases: Role,
    revoked: Vec<Revoked>,
}

/// Why a text is no root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// Not JSON of the expected shape.
    #[error("it is not a root as this version understands it")]
    Json(#[source] serde_json::Error),
    /// Not written in the one way.
    #[error("it is not canonical JSON")]
    NotCanonical,
    /// Signed for something else.
    #[error("it is signed for another purpose")]
    Purpose,
    /// A key cannot be read, or is not written in the one way.
    #[error("one of its keys cannot be read")]
    Key(#[source] Option<KeyFileError>),
    /// A role breaks a rule.
    #[error("the role for {role} is impossible")]
    Role {
        /// Which.
        role: &'static str,
        /// Why.
        #[source]
        cause: RoleError,
    },
    /// One name for two keys, or two names for one.
    #[error("key {0} goes by two names, or two keys by one")]
    Ambiguous(KeyId),
    /// A revoked key has a role.
    #[error("key {0} is revoked, and yet has a role")]
    RevokedKey(KeyId),
    /// There are more revocations than are looked at, or a reason is no line of text.
    #[error("its revocations are too many or not readable")]
    Revocations,
    /// Versions begin with one.
    #[error("its version is zero")]
    Zero,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    media_type: String,
    product: String,
    version: u64,
    created: u64,
    roots: RoleDocument,
    releases: RoleDocument,
    revoked: Vec<RevokedDocument>,
}

#[derive(Serialize, Deserialize)]
struct RoleDocument {
    keys: Vec<String>,
    threshold: usize,
}

#[derive(Serialize, Deserialize)]
struct RevokedDocument {
    key: String,
    reason: String,
}

impl Root {
    /// Makes a root. `version` counts from 1, `created` is in seconds since 1970.
    ///
    /// # Errors
    /// [`RootError`] names the rule that it would break.
    pub fn new(
        version: u64,
        created: u64,
        roots: Role,
        releases: Role,
        revoked: Vec<Revoked>,
    ) -> Result<Self, RootError> {
        let root = Self {
            version,
            created,
            roots,
            releases,
            revoked,
        };
        root.check()?;
        Ok(root)
    }

    /// Reads a root. Whether to believe it is another question.
    ///
    /// # Errors
    /// [`RootError`] names the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, RootError> {
        let document: Document = serde_json::from_str(text).map_err(RootError::Json)?;
        if document.media_type != MEDIA_TYPE || document.product != PRODUCT {
            return Err(RootError::Purpose);
        }
        let revoked = document.revoked.iter().map(|entry| {
            Ok(Revoked {
                key: key(&entry.key)?,
                reason: entry.reason.clone(),
            })
        });
        let root = Self::new(
            document.version,
            document.created,
            role("roots", &document.roots)?,
            role("releases", &document.releases)?,
            revoked.collect::<Result<_, RootError>>()?,
        )?;
        // Two readers of one text must never see two roots: no key twice, nothing unknown.
        if root.to_text() != text {
            return Err(RootError::NotCanonical);
        }
        Ok(root)
    }

    /// The canonical text: sorted keys, no spaces.
    #[must_use]
    pub fn to_text(&self) -> String {
        let file = |key: &PublicKey| key.to_file_text(key.comment());
        let role = |role: &Role| RoleDocument {
            keys: role.keys().iter().map(file).collect(),
            threshold: role.threshold(),
        };
        let revoked = self.revoked.iter().map(|entry| RevokedDocument {
            key: file(&entry.key),
            reason: entry.reason.clone(),
        });
        let document = Document {
            media_type: MEDIA_TYPE.to_owned(),
            product: PRODUCT.to_owned(),
            version: self.version,
            created: self.created,
            roots: role(&self.roots),
            releases: role(&self.releases),
            revoked: revoked.collect(),
        };
        // serde_json's map is sorted; strings and numbers cannot fail.
        serde_json::to_value(document)
            .map(|value| value.to_string())
            .unwrap_or_default()
    }

    /// Its number, from 1.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// When it was made, in seconds since 1970.
    #[must_use]
    pub const fn created(&self) -> u64 {
        self.created
    }

    /// Who signs the next root.
    #[must_use]
    pub const fn roots(&self) -> &Role {
        &self.roots
    }

    /// Who signs releases.
    #[must_use]
    pub const fn releases(&self) -> &Role {
        &self.releases
    }

    /// The keys that are not believed any more.
    #[must_use]
    pub fn revoked(&self) -> &[Revoked] {
        &self.revoked
    }

    /// Why a key is not believed any more, if so.
    #[must_use]
    pub fn revocation(&self, id: KeyId) -> Option<&Revoked> {
        self.revoked.iter().find(|entry| entry.key.key_id() == id)
    }

    /// What is signed along with this root, so that a signature names what it is for.
    #[must_use]
    pub fn trusted_comment(&self) -> String {
        trusted_comment(self.version)
    }

    fn check(&self) -> Result<(), RootError> {
        if self.version == 0 {
            return Err(RootError::Zero);
        }
        let readable = |text: &str| text.len() <= MAX_WORDS && !text.chars().any(char::is_control);
        if self.revoked.len() > MAX_REVOKED || !self.revoked.iter().all(|r| readable(&r.reason)) {
            return Err(RootError::Revocations);
        }
        let active = || self.roots.keys().iter().chain(self.releases.keys());
        let named = active().chain(self.revoked.iter().map(|entry| &entry.key));
        if !named.map(PublicKey::comment).all(readable) {
            return Err(RootError::Key(None));
        }
        // A key with two names would count for two; a name with two keys says nothing.
        for key in active() {
            if active().any(|other| key.is_like(other) && !key.is_same(other)) {
                return Err(RootError::Ambiguous(key.key_id()));
            }
            if self.revoked.iter().any(|entry| entry.key.is_like(key)) {
                return Err(RootError::RevokedKey(key.key_id()));
            }
        }
        Ok(())
    }
}

fn trusted_comment(version: u64) -> String {
    format!("{PRODUCT} root {version}")
}

fn role(name: &'static str, document: &RoleDocument) -> Result<Role, RootError> {
    let keys = document.keys.iter().map(|text| key(text));
    let keys = keys.collect::<Result<_, _>>()?;
    Role::new(keys, document.threshold).map_err(|cause| RootError::Role { role: name, cause })
}

fn key(text: &str) -> Result<PublicKey, RootError> {
    PublicKey::from_base64_file(text).map_err(|error| RootError::Key(Some(error)))
}

#[cfg(test)]
pub(crate) mod tests;
