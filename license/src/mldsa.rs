//! ML-DSA-65 (FIPS 204), verification only.
//!
//! The library behind it was never audited. It is therefore never believed alone: see the composite
//! in [`vtlic`](crate::vtlic), which needs an Ed25519 signature as well.

use std::sync::Arc;

use ml_dsa::{EncodedVerifyingKey, MlDsa65, Signature, VerifyingKey};

/// Bytes of a public key.
pub const KEY_LENGTH: usize = 1952;
/// Bytes of a signature.
pub const SIGNATURE_LENGTH: usize = 3309;

/// A public key. Every sequence of the right length is one.
#[derive(Clone, Debug)]
pub struct PublicKey(Arc<VerifyingKey<MlDsa65>>);

/// The bytes are not as long as a public key is.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a valid ML-DSA-65 public key")]
pub struct InvalidKey;

/// The signature does not hold for this key, purpose and message.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the signature does not hold")]
pub struct BadSignature;

impl PublicKey {
    /// Takes the 1952 bytes of FIPS 204 (`pkEncode`). Expanding them is most of the work of a
    /// verification, so a key is kept and used again.
    ///
    /// # Errors
    /// [`InvalidKey`] when they are more or fewer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let encoded = EncodedVerifyingKey::<MlDsa65>::try_from(bytes).map_err(|_| InvalidKey)?;
        Ok(Self(Arc::new(VerifyingKey::decode(&encoded))))
    }

    /// The 1952 bytes of FIPS 204.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.encode().to_vec()
    }

    /// Checks a signature over exactly `message`, made with `context`, which is at most 255 bytes.
    ///
    /// # Errors
    /// [`BadSignature`] in every other case than a signature that holds.
    pub fn verify(
        &self,
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        let signature = Signature::<MlDsa65>::try_from(signature).map_err(|_| BadSignature)?;
        if self.0.verify_with_context(message, context, &signature) {
            Ok(())
        } else {
            Err(BadSignature)
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for PublicKey {}
