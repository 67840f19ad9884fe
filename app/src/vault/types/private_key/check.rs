//! Whether a key is of a kind that is taken, and whether its halves belong together.

use rsa::RsaPrivateKey;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};
use ssh_key::public::KeyData;

use super::Refusal;

/// The least bits of RSA (NIST SP 800-131A).
const FEWEST_BITS: u32 = 2048;
/// The most: more is only work.
const MOST_BITS: u32 = 16_384;

pub(super) const OTHER_KIND: Refusal = Refusal::Key("must be a key for Ed25519, RSA or ECDSA");
pub(super) const MISMATCH: Refusal =
    Refusal::Key("must be whole: its public half belongs to another key");

/// Refuses what is of another kind, or too short.
pub(super) fn kind(public: &KeyData) -> Result<(), Refusal> {
    match public {
        KeyData::Ed25519(_) | KeyData::Ecdsa(_) => Ok(()),
        KeyData::Rsa(key) if key.key_size() < FEWEST_BITS => {
            Err(Refusal::Key("must have at least 2048 bits"))
        }
        KeyData::Rsa(key) if key.key_size() > MOST_BITS => {
            Err(Refusal::Key("must have at most 16384 bits"))
        }
        KeyData::Rsa(_) => Ok(()),
        KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => Err(Refusal::Key(
            "must be the key itself: this file is of use with its security key alone",
        )),
        _ => Err(OTHER_KIND),
    }
}

/// The public half, once it is known to be that of the private one.
pub(super) fn matched(pair: &KeypairData) -> Result<KeyData, Refusal> {
    let public = KeyData::try_from(pair).map_err(|_| OTHER_KIND)?;
    kind(&public)?;
    let matches = match pair {
        KeypairData::Ed25519(pair) => {
            Ed25519Keypair::from_seed(&pair.private.to_bytes()).public == pair.public
        }
        KeypairData::Rsa(pair) => RsaPrivateKey::try_from(pair).is_ok(),
        KeypairData::Ecdsa(pair) => is_pair(pair),
        _ => return Err(OTHER_KIND),
    };
    if matches { Ok(public) } else { Err(MISMATCH) }
}

fn is_pair(pair: &EcdsaKeypair) -> bool {
    match pair {
        EcdsaKeypair::NistP256 { public, private } => {
            let key = p256::SecretKey::from_slice(private.as_slice());
            key.is_ok_and(|key| ssh_key::sec1::EncodedPoint::from(key.public_key()) == *public)
        }
        EcdsaKeypair::NistP384 { public, private } => {
            let key = p384::SecretKey::from_slice(private.as_slice());
            key.is_ok_and(|key| ssh_key::sec1::EncodedPoint::from(key.public_key()) == *public)
        }
        EcdsaKeypair::NistP521 { public, private } => {
            let key = p521::SecretKey::from_slice(private.as_slice());
            key.is_ok_and(|key| ssh_key::sec1::EncodedPoint::from(key.public_key()) == *public)
        }
    }
}
