//! The secret key: in memory, and as a file that a passphrase protects.
//!
//! The file is a comment line and one line of base64:
//! `VK`, a byte for the kind of protection (0 none, 1 scrypt), the cost (log2 N), 16 bytes of
//! salt, 12 bytes of nonce, and the 32-byte seed sealed with AES-256-GCM under the derived key.
//! Everything before the nonce is bound as associated data, so that the protection cannot be
//! relabelled. Without protection the seed stands as it is.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload as Sealing};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use console::{Passphrase, PassphraseError};
use ed25519_dalek::{Signer as _, SigningKey};
use license::dsse::pre_authentication_encoding;
use license::ed25519::PublicKey;
use license::vtlic::{LicensePublicKey, PAYLOAD_TYPE, Payload, envelope_for};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;

const TAG: &[u8; 2] = b"VK";
const COMMENT: &str = "untrusted comment: ";
/// scrypt's N is two to this power: 128 MiB and about half a second.
const LOG_N: u8 = 17;
/// A file that asks for more than 1 GiB is refused.
const MAX_LOG_N: u8 = 20;
const HEAD: usize = 2 + 1 + 1 + 16;
const NONCE: usize = 12;

/// A key that signs licences.
pub(crate) struct SecretKey {
    signing: SigningKey,
    public: LicensePublicKey,
}

impl SecretKey {
    /// A new key from the system's random source.
    pub(crate) fn generate() -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| Error::Random)?;
        Self::from_seed(&seed)
    }

    fn from_seed(seed: &[u8; 32]) -> Result<Self, Error> {
        let signing = SigningKey::from_bytes(seed);
        let key = PublicKey::from_bytes(signing.verifying_key().as_bytes())
            .map_err(|_| Error::SecretKey)?;
        Ok(Self {
            signing,
            public: LicensePublicKey::new(key),
        })
    }

    /// The public half.
    pub(crate) const fn public(&self) -> &LicensePublicKey {
        &self.public
    }

    /// Signs a licence: the text of a `.vtlic` file.
    pub(crate) fn sign(&self, payload: &Payload) -> Result<Vec<u8>, Error> {
        let body = serde_json::to_vec(payload).map_err(Error::Encode)?;
        let signature = self
            .signing
            .sign(&pre_authentication_encoding(PAYLOAD_TYPE, &body));
        let envelope = envelope_for(&body, &payload.key_id, &signature.to_bytes());
        let mut text = serde_json::to_vec_pretty(&envelope).map_err(Error::Encode)?;
        text.push(b'\n');
        Ok(text)
    }

    /// The text of `vendor.key`. `mark` is put into its comment.
    pub(crate) fn to_file_text(
        &self,
        mark: &str,
        passphrase: Option<&Passphrase>,
    ) -> Result<Zeroizing<String>, Error> {
        let mut random = [0; 16 + NONCE];
        getrandom::fill(&mut random).map_err(|_| Error::Random)?;
        let (salt, nonce) = random.split_at(16);
        let log_n = if passphrase.is_some() { LOG_N } else { 0 };
        let mut bytes = Zeroizing::new(Vec::new());
        bytes.extend_from_slice(TAG);
        bytes.extend_from_slice(&[u8::from(passphrase.is_some()), log_n]);
        bytes.extend_from_slice(salt);
        let seed = Zeroizing::new(self.signing.to_bytes());
        let body = match passphrase {
            None => seed.to_vec(),
            Some(passphrase) => {
                let sealing = Sealing {
                    msg: &seed[..],
                    aad: &bytes,
                };
                cipher(passphrase, salt, log_n)?
                    .encrypt(&nonce_of(nonce)?, sealing)
                    .map_err(|_| Error::Random)?
            }
        };
        bytes.extend_from_slice(nonce);
        bytes.extend_from_slice(&body);
        Ok(Zeroizing::new(format!(
            "{COMMENT}VaultTerm {mark}licence SECRET key {}\n{}\n",
            self.public.key_id(),
            STANDARD.encode(&*bytes)
        )))
    }

    /// Reads `vendor.key`; `passphrase` is asked only when the key is protected.
    pub(crate) fn from_file_text(
        text: &str,
        passphrase: impl FnOnce() -> Result<Passphrase, PassphraseError>,
    ) -> Result<Self, Error> {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with(COMMENT))
            .ok_or(Error::SecretKey)?;
        let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| Error::SecretKey)?);
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(Error::SecretKey)?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or(Error::SecretKey)?;
        let (tag, kind_and_salt) = head.split_at(2);
        let &[kind, log_n, ref salt @ ..] = kind_and_salt else {
            return Err(Error::SecretKey);
        };
        if tag != TAG {
            return Err(Error::SecretKey);
        }
        let mut plain = match kind {
            0 => body.to_vec(),
            1 if log_n <= MAX_LOG_N => {
                let sealing = Sealing {
                    msg: body,
                    aad: head,
                };
                cipher(&passphrase()?, salt, log_n)?
                    .decrypt(&nonce_of(nonce)?, sealing)
                    .map_err(|_| Error::WrongPassphrase)?
            }
            _ => return Err(Error::SecretKey),
        };
        let seed = Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).unwrap_or_default());
        let whole = plain.len() == seed.len();
        plain.zeroize();
        if whole {
            Self::from_seed(&seed)
        } else {
            Err(Error::SecretKey)
        }
    }
}

fn cipher(passphrase: &Passphrase, salt: &[u8], log_n: u8) -> Result<Aes256Gcm, Error> {
    let params = scrypt::Params::new(log_n, 8, 1).map_err(|_| Error::SecretKey)?;
    let mut key = Zeroizing::new([0u8; 32]);
    scrypt::scrypt(passphrase.as_bytes(), salt, &params, &mut *key)
        .map_err(|_| Error::SecretKey)?;
    Aes256Gcm::new_from_slice(&*key).map_err(|_| Error::SecretKey)
}

fn nonce_of(bytes: &[u8]) -> Result<Nonce<aes_gcm::aead::consts::U12>, Error> {
    let bytes: [u8; NONCE] = bytes.try_into().map_err(|_| Error::SecretKey)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::{Error, PassphraseError, SecretKey};
    use zeroize::Zeroizing;

    fn never() -> Result<Zeroizing<String>, PassphraseError> {
        panic!("an unprotected key must not ask for a passphrase")
    }

    #[test]
    fn a_protected_key_opens_with_its_passphrase_only() {
        let key = SecretKey::generate().unwrap();
        let passphrase = Zeroizing::new("correct horse".to_owned());
        let text = key.to_file_text("", Some(&passphrase)).unwrap();
        let opened = SecretKey::from_file_text(&text, || Ok(passphrase.clone())).unwrap();
        assert_eq!(opened.public(), key.public());
        let wrong = SecretKey::from_file_text(&text, || Ok(Zeroizing::new("battery".into())));
        assert!(matches!(wrong, Err(Error::WrongPassphrase)));
    }

    #[test]
    fn an_unprotected_key_round_trips_and_damage_is_refused() {
        let key = SecretKey::generate().unwrap();
        let text = key.to_file_text("development ", None).unwrap();
        assert!(text.contains("development"));
        assert_eq!(
            SecretKey::from_file_text(&text, never).unwrap().public(),
            key.public()
        );
        for damaged in ["", "hello", &text[..text.len() - 9]] {
            assert!(
                SecretKey::from_file_text(damaged, never).is_err(),
                "{damaged:?}"
            );
        }
    }
}
