//! The release key: signs manifests in minisign's prehashed format.

mod file;
mod pwhash;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use license::ed25519;
use license::minisign::{KeyId, PREHASH_LENGTH, PublicKey};
use offline::signing::Signer;
use zeroize::Zeroizing;

use crate::error::Error;

/// A key that signs bundles. Interchangeable with minisign's own.
pub(crate) struct ReleaseKey {
    id: [u8; 8],
    signing: SigningKey,
}

impl ReleaseKey {
    /// A new key from the system's random source.
    pub(crate) fn generate() -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        let mut id = [0; 8];
        getrandom::fill(&mut *seed).map_err(|_| Error::Random)?;
        getrandom::fill(&mut id).map_err(|_| Error::Random)?;
        Ok(Self {
            id,
            signing: SigningKey::from_bytes(&seed),
        })
    }

    /// The key's name.
    pub(crate) const fn id(&self) -> KeyId {
        KeyId::from_bytes(self.id)
    }

    /// The public half.
    pub(crate) fn public(&self) -> Result<PublicKey, Error> {
        let key = ed25519::PublicKey::from_bytes(self.signing.verifying_key().as_bytes())
            .map_err(|_| Error::SecretKey)?;
        Ok(PublicKey::new(self.id(), key))
    }
}

impl Signer for ReleaseKey {
    type Error = Box<Error>;

    fn sign(
        &self,
        prehash: &[u8; PREHASH_LENGTH],
        trusted_comment: &str,
    ) -> Result<String, Self::Error> {
        let signature = self.signing.sign(prehash).to_bytes();
        let mut line = b"ED".to_vec();
        line.extend_from_slice(&self.id);
        line.extend_from_slice(&signature);
        let mut bound = signature.to_vec();
        bound.extend_from_slice(trusted_comment.as_bytes());
        let global = self.signing.sign(&bound).to_bytes();
        Ok(format!(
            "untrusted comment: signature by VaultTerm release key {}\n{}\n\
             trusted comment: {trusted_comment}\n{}\n",
            self.id(),
            STANDARD.encode(line),
            STANDARD.encode(global)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::ReleaseKey;
    use license::minisign::Signature;
    use offline::signing::{Signer as _, prehash};

    #[test]
    fn what_it_signs_verifies() {
        let key = ReleaseKey::generate().unwrap();
        let digest = prehash(b"message");
        let text = key.sign(&digest, "a comment").unwrap();
        let signature = Signature::parse(&text).unwrap();
        assert_eq!(signature.trusted_comment(), "a comment");
        key.public().unwrap().verify(&digest, &signature).unwrap();
    }
}
