//! The key by which the installation signs statements for people outside of it.
//!
//! It is Ed25519 (RFC 8032), made once, and kept sealed under the master key. What it signed is checked
//! with the public half alone, by [`license::ed25519`], as every signature here. It is opened when
//! something is to be signed, and gone again.

use std::fmt;

use ed25519_dalek::Signer as _;
use license::ed25519::{PublicKey, SIGNATURE_LENGTH};
use uuid::Uuid;

use super::Place;
use crate::kernel::{OrgId, Redacted};

/// The private half. Wiped when it goes.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", hex::encode(self.public_bytes()))
    }
}

impl SigningKey {
    pub(super) fn from_seed(seed: &Redacted<[u8; 32]>) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// The public half, as it is stored.
    #[must_use]
    pub fn public_bytes(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The public half, which checks.
    #[must_use]
    pub fn public(&self) -> Option<PublicKey> {
        PublicKey::from_bytes(&self.public_bytes()).ok()
    }

    /// Signs some bytes. Whoever calls this puts a label before them that says what they are.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LENGTH] {
        self.0.sign(message).to_bytes()
    }
}

/// It belongs to no tenant, and there is one.
pub(super) fn place() -> Place<'static> {
    Place {
        org: OrgId::from_uuid(Uuid::nil()),
        table: "signing_keys",
        record: Uuid::nil(),
        field: "sealed",
        version: 0,
    }
}
