//! A role: several keys, of which some number must have signed.

use std::collections::BTreeSet;

use crate::minisign::{KeyId, PREHASH_LENGTH, PublicKey, Signature, VerifyError};

/// The most keys of one role.
pub(crate) const MAX_KEYS: usize = 64;

/// Keys, and how many of them have to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    keys: Vec<PublicKey>,
    threshold: usize,
}

/// Why keys make no role.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleError {
    /// Nobody could ever, or anybody could, satisfy it.
    #[error("{threshold} of {keys} keys have to sign")]
    Threshold {
        /// How many have to sign.
        threshold: usize,
        /// How many there are.
        keys: usize,
    },
    /// More than are looked at.
    #[error("it has more than {MAX_KEYS} keys")]
    TooMany,
    /// A key stands there twice.
    #[error("key {0} stands there twice")]
    Repeated(KeyId),
}

impl Role {
    /// Makes a role.
    ///
    /// # Errors
    /// [`RoleError`] when one key could count twice, or the number cannot be met.
    pub fn new(keys: Vec<PublicKey>, threshold: usize) -> Result<Self, RoleError> {
        if keys.len() > MAX_KEYS {
            return Err(RoleError::TooMany);
        }
        if !(1..=keys.len()).contains(&threshold) {
            let keys = keys.len();
            return Err(RoleError::Threshold { threshold, keys });
        }
        for (place, key) in keys.iter().enumerate() {
            if keys.iter().take(place).any(|other| other.is_like(key)) {
                return Err(RoleError::Repeated(key.key_id()));
            }
        }
        Ok(Self { keys, threshold })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// How many of them have to sign.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// Which of the keys signed. Signatures by others are passed over; keys are counted, not
    /// signatures, so that one key never counts twice (CVE-2026-6966).
    ///
    /// # Errors
    /// [`VerifyError`] when a signature in the name of one of the keys does not hold.
    pub fn signers(
        &self,
        prehash: &[u8; PREHASH_LENGTH],
        signatures: &[Signature],
    ) -> Result<BTreeSet<KeyId>, VerifyError> {
        signers(&self.keys, prehash, signatures)
    }
}

/// Which of some keys signed.
pub(crate) fn signers(
    keys: &[PublicKey],
    prehash: &[u8; PREHASH_LENGTH],
    signatures: &[Signature],
) -> Result<BTreeSet<KeyId>, VerifyError> {
    let mut found = BTreeSet::new();
    for signature in signatures {
        let id = signature.key_id();
        if let Some(key) = keys.iter().find(|key| key.key_id() == id) {
            key.verify(prehash, signature)?;
            found.insert(id);
        }
    }
    Ok(found)
}
