//! The bytes of a sealed value.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format version, 1 |
//! | 8 | id of the master key above it |
//! | 4 | the record's version, big-endian |
//! | 12 | nonce, random |
//! | n + 16 | AES-256-GCM ciphertext and tag |
//!
//! A data key seals at most a few values of one record, so random nonces cannot collide.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use super::{KeyId, Place};
use crate::kernel::Redacted;

pub(super) const FORMAT: u8 = 1;
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
    /// Sealed under another master key.
    #[error("the value was sealed under master key {found}, and {loaded} is loaded")]
    OtherKey {
        /// The key it names.
        found: KeyId,
        /// The key that is loaded.
        loaded: KeyId,
    },
    /// Damaged, or moved from another place.
    #[error("the sealed value is damaged or stands in the wrong place")]
    Damaged,
}

pub(super) fn seal(
    key: &[u8; 32],
    id: KeyId,
    place: &Place<'_>,
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
    let aad = place.associated_data(FORMAT, id);
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
    let mut bytes = vec![FORMAT];
    bytes.extend_from_slice(id.as_bytes());
    bytes.extend_from_slice(&place.version.to_be_bytes());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&sealed);
    Ok(bytes)
}

pub(super) fn open(
    key: &[u8; 32],
    id: KeyId,
    place: &Place<'_>,
    sealed: &[u8],
) -> Result<Redacted<Vec<u8>>, UnsealError> {
    let (format, rest) = sealed.split_first().ok_or(UnsealError::Format)?;
    if *format != FORMAT {
        return Err(UnsealError::Format);
    }
    let (found, rest) = rest.split_first_chunk::<8>().ok_or(UnsealError::Format)?;
    let found = KeyId::from_bytes(*found);
    if found != id {
        return Err(UnsealError::OtherKey { found, loaded: id });
    }
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(UnsealError::Format)?;
    if i32::from_be_bytes(*version) != place.version {
        return Err(UnsealError::Damaged);
    }
    let (nonce, body) = rest
        .split_first_chunk::<NONCE>()
        .ok_or(UnsealError::Format)?;
    let aad = place.associated_data(FORMAT, id);
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

fn cipher(key: &[u8; 32]) -> Option<Aes256Gcm> {
    Aes256Gcm::new_from_slice(key).ok()
}
