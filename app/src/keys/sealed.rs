//! The bytes of a sealed value, and of a wrapped data key.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format: 2 a value sealed under a data key, 3 a data key wrapped by a master key |
//! | 32 or 8 | id of the key above it: of a data key 32 bytes, of a master key 8 |
//! | 4 | the record's version, big-endian; of a wrapped key 0 |
//! | 12 | nonce, random |
//! | n + 16 | AES-256-GCM ciphertext and tag |
//!
//! Format 1 named the master key in every value, so that a new master key would have meant to open
//! and seal every value again; nothing reads it. A data key seals at most a few values of one
//! record, so random nonces cannot collide.
//!
//! AES-GCM does not commit to its key: whoever may choose two keys can make one ciphertext that
//! opens under both. The id of a data key is 32 bytes derived from it, so a value names the one key
//! that may open it, and naming another needs a collision of SHA-256. It is compared before
//! anything is opened. The id of a master key only says which one to take; what it has wrapped is
//! committed to by the values below.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use super::{DataKeyId, KeyId, Place};
use crate::kernel::Redacted;

/// A value sealed under a data key.
pub(super) const VALUE: u8 = 2;
/// A data key wrapped by a master key.
pub(super) const WRAPPED: u8 = 3;
const NONCE: usize = 12;

/// A value could not be sealed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The system gave no randomness.
    #[error("the system's random source failed")]
    Random,
    /// The cipher refused, which it does only for absurd sizes.
    #[error("the value cannot be sealed")]
    Cipher,
}

/// A sealed value did not open.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsealError {
    /// Too short, or a format that this version does not know.
    #[error("the sealed value is of an unknown format")]
    Format,
    /// Wrapped by a master key that is not loaded.
    #[error("the data key was wrapped by master key {found}, which is not loaded")]
    OtherKey {
        /// The key it names.
        found: KeyId,
    },
    /// Sealed under another data key than its record's.
    #[error("the value was sealed under another data key than its record's")]
    OtherDataKey,
    /// Damaged, or moved from another place.
    #[error("the sealed value is damaged or stands in the wrong place")]
    Damaged,
}

/// What stands before the nonce.
struct Head<'a> {
    format: u8,
    id: &'a [u8],
}

impl Head<'_> {
    fn seal(&self, key: &[u8; 32], place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
        let aad = place.associated_data(self.format, self.id);
        let sealed = cipher(key)
            .ok_or(SealError::Cipher)?
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: &aad,
                },
            )
            .map_err(|_| SealError::Cipher)?;
        let mut bytes = Vec::with_capacity(1 + self.id.len() + 4 + NONCE + sealed.len());
        bytes.push(self.format);
        bytes.extend_from_slice(self.id);
        bytes.extend_from_slice(&place.version.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    /// Opens what follows the id.
    fn open(
        &self,
        key: &[u8; 32],
        place: &Place<'_>,
        rest: &[u8],
    ) -> Result<Redacted<Vec<u8>>, UnsealError> {
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(UnsealError::Format)?;
        if i32::from_be_bytes(*version) != place.version {
            return Err(UnsealError::Damaged);
        }
        let (nonce, body) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(UnsealError::Format)?;
        let aad = place.associated_data(self.format, self.id);
        cipher(key)
            .ok_or(UnsealError::Damaged)?
            .decrypt(
                &Nonce::from(*nonce),
                Payload {
                    msg: body,
                    aad: &aad,
                },
            )
            .map(Redacted::new)
            .map_err(|_| UnsealError::Damaged)
    }
}

/// Seals a value under a data key.
pub(super) fn seal_value(
    key: &[u8; 32],
    id: &DataKeyId,
    place: &Place<'_>,
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let head = Head {
        format: VALUE,
        id: id.as_bytes(),
    };
    head.seal(key, place, plain)
}

/// Opens a value with a data key, once it is certain that it names that very key.
pub(super) fn open_value(
    key: &[u8; 32],
    id: &DataKeyId,
    place: &Place<'_>,
    sealed: &[u8],
) -> Result<Redacted<Vec<u8>>, UnsealError> {
    let (found, rest) = value_id(sealed)?;
    if !found.is(id) {
        return Err(UnsealError::OtherDataKey);
    }
    let head = Head {
        format: VALUE,
        id: id.as_bytes(),
    };
    head.open(key, place, rest)
}

/// Wraps a data key with a master key.
pub(super) fn wrap(
    key: &[u8; 32],
    id: KeyId,
    place: &Place<'_>,
    data_key: &[u8; 32],
) -> Result<Vec<u8>, SealError> {
    let head = Head {
        format: WRAPPED,
        id: id.as_bytes(),
    };
    head.seal(key, place, data_key)
}

/// Unwraps a data key with the master key that it names.
pub(super) fn unwrap(
    key: &[u8; 32],
    id: KeyId,
    place: &Place<'_>,
    wrapped: &[u8],
) -> Result<Redacted<[u8; 32]>, UnsealError> {
    let (found, rest) = wrapped_id(wrapped)?;
    if found != id {
        return Err(UnsealError::OtherKey { found });
    }
    let head = Head {
        format: WRAPPED,
        id: id.as_bytes(),
    };
    let plain = head.open(key, place, rest)?;
    let mut data_key = Redacted::new([0; 32]);
    if plain.expose().len() != 32 {
        return Err(UnsealError::Damaged);
    }
    data_key.expose_mut().copy_from_slice(plain.expose());
    Ok(data_key)
}

/// The data key that a sealed value names, and what follows.
pub(super) fn value_id(sealed: &[u8]) -> Result<(DataKeyId, &[u8]), UnsealError> {
    let (format, rest) = sealed.split_first().ok_or(UnsealError::Format)?;
    if *format != VALUE {
        return Err(UnsealError::Format);
    }
    let (id, rest) = rest.split_first_chunk::<32>().ok_or(UnsealError::Format)?;
    Ok((DataKeyId::from_bytes(*id), rest))
}

/// The master key that a wrapped key names, and what follows.
pub(super) fn wrapped_id(wrapped: &[u8]) -> Result<(KeyId, &[u8]), UnsealError> {
    let (format, rest) = wrapped.split_first().ok_or(UnsealError::Format)?;
    if *format != WRAPPED {
        return Err(UnsealError::Format);
    }
    let (id, rest) = rest.split_first_chunk::<8>().ok_or(UnsealError::Format)?;
    Ok((KeyId::from_bytes(*id), rest))
}

fn cipher(key: &[u8; 32]) -> Option<Aes256Gcm> {
    Aes256Gcm::new_from_slice(key).ok()
}
