//! Tokens of one-time links, and what the platform knows of its tenants.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::kernel::{OrgId, Redacted};

/// The token of a one-time link in the clear, 256 random bits in hexadecimal: a setup or an
/// invitation.
#[derive(Clone, Debug)]
pub(super) struct LinkToken(Redacted<String>);

impl LinkToken {
    pub(super) fn generate() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(Redacted::new(hex::encode(bytes))))
    }

    pub(super) const fn from_request(text: Redacted<String>) -> Self {
        Self(text)
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored and looked up.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose()).into()
    }
}

/// An organisation as the platform sees it from outside.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryEntry {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}
