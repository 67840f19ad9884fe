//! Private keys for SSH: what a file says, and new ones.

use chacha20::rand_core::CryptoRng;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair};
use ssh_key::public::KeyData;
use ssh_key::{EcdsaCurve, HashAlg, LineEnding, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::Record;
use super::private_key::{self, Effort, Refusal};

/// Reads the key, and tells its algorithm, public half and fingerprint.
pub(super) fn complete(record: &mut Record<'_>, effort: &mut Effort) {
    let key = record.get("privateKey");
    if key.is_empty() {
        return;
    }
    match private_key::read(key, record.get("passphrase"), effort) {
        Ok(read) => {
            record.set("algorithm", &algorithm(&read.public));
            record.set(
                "fingerprint",
                &read.public.fingerprint(HashAlg::Sha256).to_string(),
            );
            // The comment in the file is nobody's word, so it is left out.
            if let Ok(line) = PublicKey::new(read.public, "").to_openssh() {
                record.set("publicKey", line.trim());
            }
            record.set("privateKey", &read.text);
        }
        Err(Refusal::Key(message)) => record.refuse("privateKey", message),
        Err(Refusal::Passphrase(message)) => record.refuse("passphrase", message),
    }
}

/// The algorithm as people say it.
fn algorithm(public: &KeyData) -> String {
    match public {
        KeyData::Ed25519(_) => "Ed25519".to_owned(),
        KeyData::Rsa(key) => format!("RSA {}", key.key_size()),
        KeyData::Ecdsa(key) => match key.curve() {
            EcdsaCurve::NistP256 => "ECDSA P-256".to_owned(),
            EcdsaCurve::NistP384 => "ECDSA P-384".to_owned(),
            EcdsaCurve::NistP521 => "ECDSA P-521".to_owned(),
        },
        other => other.algorithm().as_str().to_owned(),
    }
}

/// The kinds of keys that are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = SshKeyKind)]
#[serde(rename_all = "kebab-case")]
pub(in crate::vault) enum KeyKind {
    /// What OpenSSH itself makes.
    Ed25519,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits.
    Rsa4096,
    /// ECDSA on P-256.
    EcdsaP256,
    /// ECDSA on P-384.
    EcdsaP384,
}

/// A key that was just made.
pub(in crate::vault) struct NewKey {
    /// The private key in OpenSSH's format, without a passphrase: the vault seals it.
    pub(in crate::vault) private: Zeroizing<String>,
    /// Its public half, as `authorized_keys` has it.
    pub(in crate::vault) public: String,
    /// The fingerprint of that.
    pub(in crate::vault) fingerprint: String,
}

/// Makes a key. RSA takes a second or more, so this belongs where it blocks nobody.
pub(in crate::vault) fn generate<R: CryptoRng>(kind: KeyKind, random: &mut R) -> Option<NewKey> {
    let pair: KeypairData = match kind {
        KeyKind::Ed25519 => Ed25519Keypair::random(random).into(),
        KeyKind::Rsa3072 => RsaKeypair::random(random, 3072).ok()?.into(),
        KeyKind::Rsa4096 => RsaKeypair::random(random, 4096).ok()?.into(),
        KeyKind::EcdsaP256 => EcdsaKeypair::random(random, EcdsaCurve::NistP256)
            .ok()?
            .into(),
        KeyKind::EcdsaP384 => EcdsaKeypair::random(random, EcdsaCurve::NistP384)
            .ok()?
            .into(),
    };
    let key = PrivateKey::new(pair, "").ok()?;
    Some(NewKey {
        private: key.to_openssh(LineEnding::LF).ok()?,
        public: key.public_key().to_openssh().ok()?.trim().to_owned(),
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
    })
}

#[cfg(test)]
mod tests;
