//! The master key and what is derived from it.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Place;
use super::sealed::{self, SealError, UnsealError};
use crate::kernel::Redacted;

/// Names a master key without telling anything about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// Takes the eight bytes as they are stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
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

/// The key of one record. Wiped when it goes.
pub struct DataKey(Redacted<[u8; 32]>);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

/// Everything that the master key opens. The master key itself is not kept: only keys derived
/// from it (HKDF-SHA-256, RFC 5869), one for each use.
pub struct Keyring {
    id: KeyId,
    pub(super) wrapping: Redacted<[u8; 32]>,
    pub(super) audit: Redacted<[u8; 32]>,
    license_state: Redacted<[u8; 32]>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.id)
    }
}

impl Keyring {
    /// Derives the ring from a master key.
    #[must_use]
    pub fn from_master(master: &Redacted<[u8; 32]>) -> Self {
        let mut id = [0; 8];
        id.copy_from_slice(
            derive(master, b"vaultterm key id v1")
                .expose()
                .split_at(8)
                .0,
        );
        Self {
            id: KeyId(id),
            wrapping: derive(master, b"vaultterm wrap data keys v1"),
            audit: derive(master, b"vaultterm authenticate audit v1"),
            license_state: derive(master, b"vaultterm authenticate licence state v1"),
        }
    }

    /// The key that authenticates what is remembered of the licence.
    #[must_use]
    pub fn license_state_key(&self) -> Redacted<[u8; 32]> {
        self.license_state.clone()
    }

    /// The master key's name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// A new data key, and the same wrapped for a record.
    ///
    /// # Errors
    /// [`SealError`] when the system gives no randomness.
    pub fn new_data_key(&self, place: &Place<'_>) -> Result<(DataKey, Vec<u8>), SealError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_| SealError::Random)?;
        let key = Redacted::new(key);
        let wrapped = sealed::seal(self.wrapping.expose(), self.id, place, key.expose())?;
        Ok((DataKey(key), wrapped))
    }

    /// Unwraps the data key of a record.
    ///
    /// # Errors
    /// [`UnsealError`] when it was wrapped elsewhere or under another master key.
    pub fn unwrap_data_key(
        &self,
        place: &Place<'_>,
        wrapped: &[u8],
    ) -> Result<DataKey, UnsealError> {
        let plain = sealed::open(self.wrapping.expose(), self.id, place, wrapped)?;
        let key = plain
            .expose()
            .as_slice()
            .try_into()
            .map_err(|_| UnsealError::Damaged)?;
        Ok(DataKey(Redacted::new(key)))
    }

    /// Seals a value with a record's key.
    ///
    /// # Errors
    /// [`SealError`] when the system gives no randomness.
    pub fn seal(
        &self,
        key: &DataKey,
        place: &Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        sealed::seal(key.0.expose(), self.id, place, plain)
    }

    /// Opens a value with a record's key.
    ///
    /// # Errors
    /// [`UnsealError`] when it is damaged or stands in the wrong place.
    pub fn open(
        &self,
        key: &DataKey,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Redacted<Vec<u8>>, UnsealError> {
        sealed::open(key.0.expose(), self.id, place, sealed)
    }

    /// The authentication code of an audit row (HMAC-SHA-256).
    #[must_use]
    pub fn audit_mac(&self, canonical: &[u8]) -> [u8; 32] {
        // HMAC takes keys of every length.
        self.audit_hmac(canonical)
            .map_or([0; 32], |mac| mac.finalize().into_bytes().into())
    }

    /// Whether a code is that of an audit row; compared in constant time.
    #[must_use]
    pub fn is_audit_mac(&self, canonical: &[u8], code: &[u8]) -> bool {
        self.audit_hmac(canonical)
            .is_some_and(|mac| mac.verify_slice(code).is_ok())
    }

    fn audit_hmac(&self, canonical: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.audit.expose()).ok()?;
        mac.update(canonical);
        Some(mac)
    }
}

fn derive(master: &Redacted<[u8; 32]>, purpose: &[u8]) -> Redacted<[u8; 32]> {
    let mut key = [0; 32];
    // 32 bytes are far below the limit of the expansion.
    let _always_fits = Hkdf::<Sha256>::new(None, master.expose()).expand(purpose, &mut key);
    Redacted::new(key)
}
