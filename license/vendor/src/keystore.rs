//! The secret key: in memory, and as a file that a passphrase protects.
//!
//! The file is a comment line and one line of base64:
//! `VK` (`VC` for a composite key), a byte for the kind of protection (0 none, 1 scrypt), the cost
//! (log2 N), 16 bytes of salt, 12 bytes of nonce, and the 32-byte seed (of a composite key, the seeds
//! of both halves, Ed25519 first) sealed with AES-256-GCM under the derived key. Everything before
//! the nonce is bound as associated data, so that the protection cannot be relabelled. Without
//! protection the seeds stand as they are.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload as Sealing};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use console::{Passphrase, PassphraseError};
use ed25519_dalek::{Signer as _, SigningKey};
use license::dsse::pre_authentication_encoding;
use license::vtlic::{LicenseKeyId, LicensePublicKey, PAYLOAD_TYPE, Payload, envelope_for};
use license::{ed25519, mldsa};
use ml_dsa::{Keypair as _, MlDsa65};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;

const TAG: &[u8; 2] = b"VK";
const COMPOSITE_TAG: &[u8; 2] = b"VC";
const SEED: usize = 32;
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
    second: Option<ml_dsa::SigningKey<MlDsa65>>,
    public: LicensePublicKey,
}

impl SecretKey {
    /// A new key from the system's random source.
    pub(crate) fn generate(composite: bool) -> Result<Self, Error> {
        let mut seeds = Zeroizing::new([0; 2 * SEED]);
        getrandom::fill(&mut *seeds).map_err(|_| Error::Random)?;
        let (first, second) = seeds.split_at(SEED);
        Self::from_seeds(first, composite.then_some(second))
    }

    fn from_seeds(first: &[u8], second: Option<&[u8]>) -> Result<Self, Error> {
        let first = Zeroizing::new(<[u8; SEED]>::try_from(first).map_err(|_| Error::SecretKey)?);
        let signing = SigningKey::from_bytes(&first);
        let key = ed25519::PublicKey::from_bytes(signing.verifying_key().as_bytes())
            .map_err(|_| Error::SecretKey)?;
        let Some(second) = second else {
            return Ok(Self {
                signing,
                second: None,
                public: LicensePublicKey::new(key),
            });
        };
        let mut seed = ml_dsa::Seed::try_from(second).map_err(|_| Error::SecretKey)?;
        let second = ml_dsa::SigningKey::from_seed(&seed);
        seed.as_mut_slice().zeroize();
        let half = mldsa::PublicKey::from_bytes(&second.verifying_key().encode())
            .map_err(|_| Error::SecretKey)?;
        Ok(Self {
            signing,
            second: Some(second),
            public: LicensePublicKey::composite(key, half),
        })
    }

    /// The public half.
    pub(crate) const fn public(&self) -> &LicensePublicKey {
        &self.public
    }

    /// Signs a licence: the text of a `.vtlic` file.
    pub(crate) fn sign(&self, payload: &Payload) -> Result<Vec<u8>, Error> {
        let body = serde_json::to_vec(payload).map_err(Error::Encode)?;
        let envelope = envelope_for(&body, &self.signatures(PAYLOAD_TYPE, &body)?);
        let mut text = serde_json::to_vec_pretty(&envelope).map_err(Error::Encode)?;
        text.push(b'\n');
        Ok(text)
    }

    /// What each half signs of a document, in its name; the type is the purpose.
    pub(crate) fn signatures(
        &self,
        payload_type: &str,
        body: &[u8],
    ) -> Result<Vec<(LicenseKeyId, Vec<u8>)>, Error> {
        let message = pre_authentication_encoding(payload_type, body);
        let first = self.signing.sign(&message).to_bytes().to_vec();
        let mut signatures = vec![(self.public.key_id(), first)];
        if let (Some(second), Some(id)) = (&self.second, self.public.mldsa_key_id()) {
            let signature = second
                .expanded_key()
                .sign_deterministic(&message, payload_type.as_bytes())
                .map_err(|_| Error::Random)?;
            signatures.push((id, signature.encode().to_vec()));
        }
        Ok(signatures)
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
        bytes.extend_from_slice(if self.second.is_some() {
            COMPOSITE_TAG
        } else {
            TAG
        });
        bytes.extend_from_slice(&[u8::from(passphrase.is_some()), log_n]);
        bytes.extend_from_slice(salt);
        let mut seeds = Zeroizing::new(Vec::with_capacity(2 * SEED));
        seeds.extend_from_slice(&*Zeroizing::new(self.signing.to_bytes()));
        if let Some(second) = &self.second {
            seeds.extend_from_slice(second.as_seed());
        }
        let body = match passphrase {
            None => seeds.to_vec(),
            Some(passphrase) => {
                let sealing = Sealing {
                    msg: &seeds[..],
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
        let length = match tag {
            tag if tag == TAG => SEED,
            tag if tag == COMPOSITE_TAG => 2 * SEED,
            _ => return Err(Error::SecretKey),
        };
        let plain = Zeroizing::new(match kind {
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
        });
        if plain.len() != length {
            return Err(Error::SecretKey);
        }
        let (first, second) = plain.split_at(SEED);
        Self::from_seeds(first, (!second.is_empty()).then_some(second))
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
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use zeroize::Zeroizing;

    use super::{Error, PassphraseError, SecretKey};

    fn never() -> Result<Zeroizing<String>, PassphraseError> {
        panic!("an unprotected key must not ask for a passphrase")
    }

    #[test]
    fn a_protected_key_opens_with_its_passphrase_only() {
        for composite in [false, true] {
            let key = SecretKey::generate(composite).unwrap();
            let passphrase = Zeroizing::new("correct horse".to_owned());
            let text = key.to_file_text("", Some(&passphrase)).unwrap();
            let opened = SecretKey::from_file_text(&text, || Ok(passphrase.clone())).unwrap();
            assert_eq!(opened.public(), key.public());
            let wrong = SecretKey::from_file_text(&text, || Ok(Zeroizing::new("battery".into())));
            assert!(matches!(wrong, Err(Error::WrongPassphrase)));
        }
    }

    #[test]
    fn an_unprotected_key_round_trips_and_damage_is_refused() {
        for composite in [false, true] {
            let key = SecretKey::generate(composite).unwrap();
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

    #[test]
    fn a_composite_key_is_not_taken_for_half_of_it() {
        let key = SecretKey::generate(true).unwrap();
        let text = key.to_file_text("", None).unwrap();
        let line = text.lines().nth(1).unwrap();
        let mut bytes = STANDARD.decode(line).unwrap();
        bytes[1] = b'K';
        let relabelled = STANDARD.encode(&bytes);
        assert!(SecretKey::from_file_text(&relabelled, never).is_err());
    }
}
