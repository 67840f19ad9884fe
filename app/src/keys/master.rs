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
        let [named, wrapping, audit, license_state, devices, fingerprints] = derive(
            master,
            [
                b"vaultterm key id v1",
                b"vaultterm wrap data keys v1",
                b"vaultterm authenticate audit v1",
                b"vaultterm authenticate licence state v1",
                b"vaultterm authenticate known devices v1",
                b"vaultterm fingerprint values v1",
            ],
        );
        let mut id = [0; 8];
        id.copy_from_slice(named.expose().split_at(8).0);
        Self {
            id: KeyId(id),
            wrapping,
            audit,
            license_state,
            devices,
            fingerprints,
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

/// A key for each of several uses. The first half of HKDF is the same for all of them and done once: lists
/// open a record's key for every row.
pub(super) fn derive<const N: usize>(
    from: &Redacted<[u8; 32]>,
    purposes: [&[u8]; N],
) -> [Redacted<[u8; 32]>; N] {
    let extracted = Hkdf::<Sha256>::new(None, from.expose());
    purposes.map(|purpose| {
        let mut key = Redacted::new([0; 32]);
        // 32 bytes are far below the limit of the expansion.
        let _always_fits = extracted.expand(purpose, key.expose_mut().as_mut_slice());
        key
    })
}
