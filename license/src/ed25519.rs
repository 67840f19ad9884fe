//! Strict Ed25519 (RFC 8032).
//!
//! Non-canonical scalars and points, small-order keys and small-order commitments are refused, so
//! that a signature has one meaning for every verifier.

use ed25519_dalek::VerifyingKey;

/// Bytes of a public key.
pub const KEY_LENGTH: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_LENGTH: usize = 64;

/// A public key: a point in its one encoding, and not of small order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The bytes are no usable public key.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a valid Ed25519 public key")]
pub struct InvalidKey;

/// The signature does not hold for this key and message.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the signature does not hold")]
pub struct BadSignature;

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032; refuses points of small order, and a second encoding of a
    /// point.
    ///
    /// # Errors
    /// [`InvalidKey`] when the bytes are no point, or a weak one, or not its encoding.
    pub fn from_bytes(bytes: &[u8; KEY_LENGTH]) -> Result<Self, InvalidKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| InvalidKey)?;
        if key.is_weak() || key.to_edwards().compress().as_bytes() != bytes {
            Err(InvalidKey)
        } else {
            Ok(Self(key))
        }
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_LENGTH] {
        self.0.as_bytes()
    }

    /// Checks a signature over exactly `message`.
    ///
    /// # Errors
    /// [`BadSignature`] in every other case than a strictly valid signature.
    pub fn verify(
        &self,
        message: &[u8],
        signature: &[u8; SIGNATURE_LENGTH],
    ) -> Result<(), BadSignature> {
        self.0
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadSignature, InvalidKey, PublicKey};

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    // RFC 8032, section 7.1, test 2.
    const KEY: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    #[test]
    fn the_known_answer_holds_and_another_message_does_not() {
        let key = PublicKey::from_bytes(&bytes(KEY)).unwrap();
        assert_eq!(key.verify(&[0x72], &bytes(SIGNATURE)), Ok(()));
        assert_eq!(key.verify(&[0x73], &bytes(SIGNATURE)), Err(BadSignature));
    }

    #[test]
    fn small_order_keys_are_refused() {
        let points = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        ];
        for point in points {
            assert_eq!(
                PublicKey::from_bytes(&bytes(point)),
                Err(InvalidKey),
                "{point}"
            );
        }
    }

    #[test]
    fn a_scalar_beyond_the_order_is_refused() {
        // The same signature with the group order added to S: equal modulo the order.
        let mut signature: [u8; 64] = bytes(SIGNATURE);
        let order: [u8; 32] =
            bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0u16;
        for (byte, addend) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(addend) + carry;
            *byte = u8::try_from(sum & 0xff).unwrap();
            carry = sum >> 8;
        }
        let key = PublicKey::from_bytes(&bytes(KEY)).unwrap();
        assert_eq!(key.verify(&[0x72], &signature), Err(BadSignature));
    }
}
