//! What is inside of PEM.

use pkcs8::der::Decode as _;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::{
    DecodePrivateKey as _, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
};
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair};
use zeroize::Zeroizing;

use super::effort::{Effort, PBKDF2_ROUNDS, SCRYPT_MIB};
use super::{Refusal, UNREADABLE, WRONG};

/// Ed25519 (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// The most rounds of PBKDF2: twice what is recommended for the weakest hash.
const MOST_ROUNDS: u32 = 3_000_000;
const MIB: u64 = 1024 * 1024;
/// The most memory of scrypt, in bytes: twice what OpenSSL takes. Two keys are opened at a time, beside
/// whatever else the process is at.
const MOST_MEMORY: u64 = 32 * MIB;

/// PKCS#8.
pub(in crate::vault::types) fn pkcs8(bytes: &[u8]) -> Option<KeypairData> {
    ed25519(bytes)
        .or_else(|| rsa(RsaPrivateKey::from_pkcs8_der(bytes).ok()?))
        .or_else(|| p256::SecretKey::from_pkcs8_der(bytes).ok().map(nist_p256))
        .or_else(|| p384::SecretKey::from_pkcs8_der(bytes).ok().map(nist_p384))
        .or_else(|| p521::SecretKey::from_pkcs8_der(bytes).ok().map(nist_p521))
}

/// PKCS#8 with a passphrase. What its derivation may cost is looked at before it is run.
pub(super) fn pkcs8_encrypted(
    bytes: &[u8],
    passphrase: &str,
    effort: &mut Effort,
) -> Result<KeypairData, Refusal> {
    let sealed = EncryptedPrivateKeyInfoRef::try_from(bytes).map_err(|_| UNREADABLE)?;
    let EncryptionScheme::Pbes2(scheme) = &sealed.encryption_algorithm else {
        return Err(Refusal::Key(
            "must be encrypted by PBES2: openssl pkcs8 -topk8 writes it anew",
        ));
    };
    let cost = cost(&scheme.kdf);
    effort.spend(cost.ok_or(Refusal::Key("must not ask for so much work to be opened"))?)?;
    let opened = sealed.decrypt(passphrase).map_err(|_| WRONG)?;
    pkcs8(opened.as_bytes()).ok_or(UNREADABLE)
}

/// What a derivation costs, as efforts are reckoned; none when it is too much for any key.
fn cost(kdf: &Kdf) -> Option<u64> {
    match kdf {
        Kdf::Pbkdf2(rounds) if rounds.iteration_count <= MOST_ROUNDS => {
            Some(u64::from(rounds.iteration_count) / PBKDF2_ROUNDS)
        }
        Kdf::Scrypt(cost) => {
            let block = 128_u64.saturating_mul(cost.block_size.into());
            let memory = cost.cost_parameter.saturating_mul(block);
            let memory = memory.saturating_mul(cost.parallelization.max(1).into());
            (memory <= MOST_MEMORY).then_some(memory.saturating_mul(SCRYPT_MIB) / MIB)
        }
        _ => None,
    }
}

/// PKCS#1.
pub(super) fn pkcs1(bytes: &[u8]) -> Option<KeypairData> {
    rsa(RsaPrivateKey::from_pkcs1_der(bytes).ok()?)
}

/// SEC 1.
pub(super) fn sec1(bytes: &[u8]) -> Option<KeypairData> {
    let p256 = p256::SecretKey::from_sec1_der(bytes).ok().map(nist_p256);
    p256.or_else(|| p384::SecretKey::from_sec1_der(bytes).ok().map(nist_p384))
        .or_else(|| p521::SecretKey::from_sec1_der(bytes).ok().map(nist_p521))
}

fn ed25519(bytes: &[u8]) -> Option<KeypairData> {
    let key = PrivateKeyInfoRef::try_from(bytes).ok()?;
    if key.algorithm.oid != ED25519 {
        return None;
    }
    let inner = <&OctetStringRef>::from_der(key.private_key.as_bytes()).ok()?;
    let seed = Zeroizing::new(<[u8; 32]>::try_from(inner.as_bytes()).ok()?);
    Some(Ed25519Keypair::from_seed(&seed).into())
}

fn rsa(key: RsaPrivateKey) -> Option<KeypairData> {
    RsaKeypair::try_from(key).ok().map(KeypairData::from)
}

fn nist_p256(key: p256::SecretKey) -> KeypairData {
    let public = key.public_key().into();
    EcdsaKeypair::NistP256 {
        public,
        private: key.into(),
    }
    .into()
}

fn nist_p384(key: p384::SecretKey) -> KeypairData {
    let public = key.public_key().into();
    EcdsaKeypair::NistP384 {
        public,
        private: key.into(),
    }
    .into()
}

fn nist_p521(key: p521::SecretKey) -> KeypairData {
    let public = key.public_key().into();
    EcdsaKeypair::NistP521 {
        public,
        private: key.into(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use pkcs8::pkcs5::pbes2::{Kdf, Pbkdf2Params, ScryptParams};

    use super::cost;

    #[test]
    fn what_opening_may_cost_is_bounded() {
        let pbkdf2 = |rounds| Kdf::Pbkdf2(Pbkdf2Params::hmac_sha256(rounds, b"saltsalt").unwrap());
        assert_eq!(cost(&pbkdf2(600_000)), Some(600));
        assert_eq!(cost(&pbkdf2(100_000_000)), None);
        let scrypt = |log_n| {
            let params = pkcs8::pkcs5::scrypt::Params::new(log_n, 8, 1).unwrap();
            Kdf::Scrypt(ScryptParams::from_params_and_salt(params, b"saltsalt").unwrap())
        };
        assert_eq!(cost(&scrypt(14)), Some(64));
        assert_eq!(cost(&scrypt(15)), Some(128));
        // 64 MiB: with two at a time, more than a small container has to spare.
        assert_eq!(cost(&scrypt(16)), None);
    }
}
