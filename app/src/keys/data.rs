//! Data keys: one for each record.

use std::fmt;

use subtle::ConstantTimeEq as _;

use super::master::Extracted;
use super::sealed::{self, SealError, UnsealError};
use super::{KeyId, Place};
use crate::kernel::Redacted;

/// Names a data key and commits to it: two keys with one id would be a collision of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DataKeyId([u8; 32]);

impl DataKeyId {
    /// Takes the bytes as they stand in a sealed value.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both name the same key; compared in constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for DataKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The data key that a sealed value names, without opening anything.
#[must_use]
pub fn data_key_of(sealed: &[u8]) -> Option<DataKeyId> {
    sealed::value_id(sealed).ok().map(|(id, _)| id)
}

/// The master key that a wrapped data key names, without opening anything.
#[must_use]
pub fn master_key_of(wrapped: &[u8]) -> Option<KeyId> {
    sealed::wrapped_id(wrapped).ok().map(|(id, _)| id)
}

/// The key of one record. What seals and what names it are derived from the 32 bytes that are
/// wrapped, so that the id says nothing about the key that is in use. Wiped when it goes.
pub struct DataKey {
    id: DataKeyId,
    cipher: Redacted<[u8; 32]>,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({:?})", self.id)
    }
}

impl DataKey {
    pub(super) fn from_bytes(bytes: &Redacted<[u8; 32]>) -> Self {
        let from = Extracted::of(bytes);
        let id = from.key(b"vaultterm data key commitment v2");
        Self {
            id: DataKeyId(*id.expose()),
            cipher: from.key(b"vaultterm seal values v2"),
        }
    }

    /// The key of something that opens with what somebody else keeps and brings. Nothing of it is
    /// stored, and no master key opens what it seals.
    #[must_use]
    pub fn of_brought(bytes: &Redacted<[u8; 32]>) -> Self {
        Self::from_bytes(bytes)
    }

    /// Its name, which is also a commitment to it.
    #[must_use]
    pub const fn id(&self) -> DataKeyId {
        self.id
    }

    /// Seals a value of the record.
    ///
    /// # Errors
    /// [`SealError`] when the system gives no randomness.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        sealed::seal_value(self.cipher.expose(), &self.id, place, plain)
    }

    /// Opens a value of the record.
    ///
    /// # Errors
    /// [`UnsealError`] when it names another key, is damaged, or stands in the wrong place.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Redacted<Vec<u8>>, UnsealError> {
        sealed::open_value(self.cipher.expose(), &self.id, place, sealed)
    }
}
