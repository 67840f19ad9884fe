//! A master key, as the keys that are derived from it.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Place;
use super::sealed::{self, SealError, UnsealError};
use crate::kernel::Redacted;

/// Names a master key without telling anything about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// Takes the eight bytes as they are stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Takes bytes that were stored, if there are eight.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The eight bytes as they are stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a master key opens. The master key itself is not kept: only keys derived from it
/// (HKDF-SHA-256, RFC 5869), one for each use.
pub(super) struct MasterKey {
    pub(super) id: KeyId,
    wrapping: Redacted<[u8; 32]>,
    pub(super) audit: Redacted<[u8; 32]>,
    pub(super) license_state: Redacted<[u8; 32]>,
    pub(super) devices: Redacted<[u8; 32]>,
    pub(super) fingerprints: Redacted<[u8; 32]>,
}

impl MasterKey {
    pub(super) fn derive(master: &Redacted<[u8; 32]>) -> Self {
        let from = Extracted::of(master);
        let mut id = [0; 8];
        let named = from.key(b"vaultterm key id v1");
        id.copy_from_slice(named.expose().split_at(8).0);
        Self {
            id: KeyId(id),
            wrapping: from.key(b"vaultterm wrap data keys v1"),
            audit: from.key(b"vaultterm authenticate audit v1"),
            license_state: from.key(b"vaultterm authenticate licence state v1"),
            devices: from.key(b"vaultterm authenticate known devices v1"),
            fingerprints: from.key(b"vaultterm fingerprint values v1"),
        }
    }

    /// Wraps 32 bytes for a place.
    pub(super) fn wrap(&self, place: &Place<'_>, key: &[u8; 32]) -> Result<Vec<u8>, SealError> {
        sealed::wrap(self.wrapping.expose(), self.id, place, key)
    }

    /// Unwraps what this key has wrapped for a place.
    pub(super) fn unwrap(
        &self,
        place: &Place<'_>,
        wrapped: &[u8],
    ) -> Result<Redacted<[u8; 32]>, UnsealError> {
        sealed::unwrap(self.wrapping.expose(), self.id, place, wrapped)
    }
}

/// The code of some bytes; HMAC takes keys of every length.
pub(super) fn code_of(key: &Redacted<[u8; 32]>, bytes: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).ok()?;
    mac.update(bytes);
    Some(mac)
}

/// The first half of HKDF, which is the same for every use of a key. Lists open a record's key for every
/// row.
pub(super) struct Extracted(Hkdf<Sha256>);

impl Extracted {
    pub(super) fn of(key: &Redacted<[u8; 32]>) -> Self {
        Self(Hkdf::new(None, key.expose()))
    }

    /// The key for one use.
    pub(super) fn key(&self, purpose: &[u8]) -> Redacted<[u8; 32]> {
        let mut key = Redacted::new([0; 32]);
        // 32 bytes are far below the limit of the expansion.
        let _always_fits = self.0.expand(purpose, key.expose_mut().as_mut_slice());
        key
    }
}
