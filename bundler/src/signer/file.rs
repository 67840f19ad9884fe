//! The secret key's file, in minisign's format: a comment line, and a line of base64 over
//!
//! | bytes | |
//! |---|---|
//! | 2 | `Ed`, the algorithm of the signature |
//! | 2 | `Sc`, scrypt; or two zeros, not encrypted |
//! | 2 | `B2`, the algorithm of the checksum |
//! | 32 | salt |
//! | 8 + 8 | the costs of scrypt as libsodium counts them, little endian |
//! | 104 | key id, secret key (seed and public key), BLAKE2b-256 checksum; XORed with the stream that scrypt makes of the passphrase |

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use console::{Passphrase, PassphraseError, PassphraseSource, passphrase_for_known_key};
use ed25519_dalek::SigningKey;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::ReleaseKey;
use super::pwhash::{self, Cost};
use crate::error::Error;

const COMMENT: &str = "untrusted comment: ";
const ALGORITHM: &[u8; 2] = b"Ed";
const ENCRYPTED: &[u8; 2] = b"Sc";
const PLAIN: &[u8; 2] = &[0, 0];
const CHECKSUM: &[u8; 2] = b"B2";
const LENGTH: usize = 2 + 2 + 2 + 32 + 8 + 8 + SECRET;
/// Key id, seed, public key, checksum.
const SECRET: usize = 8 + 32 + 32 + 32;

impl ReleaseKey {
    /// Opens a key file; the passphrase of an encrypted one is asked for as `source` says.
    pub(crate) fn open(path: &Path, source: &PassphraseSource) -> Result<Self, Error> {
        let text = Zeroizing::new(console::read_bounded(path)?);
        Self::from_file_text(&text, || passphrase_for_known_key(source))
    }

    /// The text of `release.key`. `mark` is put into its comment.
    pub(crate) fn to_file_text(
        &self,
        mark: &str,
        passphrase: Option<&Passphrase>,
    ) -> Result<Zeroizing<String>, Error> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|_| Error::Random)?;
        let mut secret = self.secret_part();
        let (kind, cost) = match passphrase {
            None => (PLAIN, Cost::NONE),
            Some(passphrase) => {
                pwhash::apply(passphrase, &salt, Cost::OURS, &mut *secret)?;
                (ENCRYPTED, Cost::OURS)
            }
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        for part in [ALGORITHM, kind, CHECKSUM] {
            bytes.extend_from_slice(part);
        }
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(&cost.operations.to_le_bytes());
        bytes.extend_from_slice(&cost.memory.to_le_bytes());
        bytes.extend_from_slice(&*secret);
        Ok(Zeroizing::new(format!(
            "{COMMENT}VaultTerm {mark}release SECRET key {}\n{}\n",
            self.id(),
            STANDARD.encode(&*bytes)
        )))
    }

    /// Reads `release.key`; `passphrase` is asked only when the key is encrypted.
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
        let parts = Parts::split(&bytes).ok_or(Error::SecretKey)?;
        let mut secret = Zeroizing::new(parts.secret);
        let encrypted = match parts.kind {
            PLAIN => false,
            ENCRYPTED => {
                pwhash::apply(&passphrase()?, &parts.salt, parts.cost, &mut *secret)?;
                true
            }
            _ => return Err(Error::SecretKey),
        };
        Self::from_secret_part(&secret).ok_or(if encrypted {
            Error::WrongPassphrase
        } else {
            Error::SecretKey
        })
    }

    fn secret_part(&self) -> Zeroizing<[u8; SECRET]> {
        let mut secret = Zeroizing::new([0; SECRET]);
        let pair = Zeroizing::new(self.signing.to_keypair_bytes());
        let sum = checksum(&self.id, &pair);
        let parts = self.id.iter().chain(pair.iter()).chain(&sum);
        for (to, from) in secret.iter_mut().zip(parts) {
            *to = *from;
        }
        secret
    }

    /// `None` when the checksum or the key pair does not hold.
    fn from_secret_part(secret: &[u8; SECRET]) -> Option<Self> {
        let (id, rest) = secret.split_first_chunk::<8>()?;
        let (pair, sum) = rest.split_first_chunk::<64>()?;
        if !bool::from(checksum(id, pair).ct_eq(sum)) {
            return None;
        }
        Some(Self {
            id: *id,
            signing: SigningKey::from_keypair_bytes(pair).ok()?,
        })
    }
}

struct Parts<'a> {
    kind: &'a [u8; 2],
    salt: [u8; 32],
    cost: Cost,
    secret: [u8; SECRET],
}

impl<'a> Parts<'a> {
    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (algorithm, rest) = bytes.split_first_chunk::<2>()?;
        let (kind, rest) = rest.split_first_chunk::<2>()?;
        let (checksum, rest) = rest.split_first_chunk::<2>()?;
        let (salt, rest) = rest.split_first_chunk::<32>()?;
        let (operations, rest) = rest.split_first_chunk::<8>()?;
        let (memory, rest) = rest.split_first_chunk::<8>()?;
        let secret = rest.try_into().ok()?;
        (algorithm == ALGORITHM && checksum == CHECKSUM).then_some(Self {
            kind,
            salt: *salt,
            cost: Cost {
                operations: u64::from_le_bytes(*operations),
                memory: u64::from_le_bytes(*memory),
            },
            secret,
        })
    }
}

fn checksum(id: &[u8; 8], pair: &[u8; 64]) -> [u8; 32] {
    let mut hash = Blake2b::<U32>::new();
    hash.update(ALGORITHM);
    hash.update(id);
    hash.update(pair);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::ReleaseKey;
    use crate::error::Error;
    use zeroize::Zeroizing;

    #[test]
    fn an_encrypted_key_opens_with_its_passphrase_only() {
        let key = ReleaseKey::generate().unwrap();
        let passphrase = Zeroizing::new("correct horse".to_owned());
        let text = key.to_file_text("", Some(&passphrase)).unwrap();
        let opened = ReleaseKey::from_file_text(&text, || Ok(passphrase.clone())).unwrap();
        assert_eq!(opened.public().unwrap(), key.public().unwrap());
        let wrong = ReleaseKey::from_file_text(&text, || Ok(Zeroizing::new("battery".into())));
        assert!(matches!(wrong, Err(Error::WrongPassphrase)));
    }

    #[test]
    fn a_plain_key_round_trips_and_damage_is_refused() {
        let never = || panic!("a plain key must not ask for a passphrase");
        let key = ReleaseKey::generate().unwrap();
        let text = key.to_file_text("development ", None).unwrap();
        assert!(text.contains("development"));
        let opened = ReleaseKey::from_file_text(&text, never).unwrap();
        assert_eq!(opened.public().unwrap(), key.public().unwrap());
        let at = text.len() - 40;
        let damaged = format!("{}{}{}", &text[..at], "AAAA", &text[at + 4..]);
        for damaged in ["", "hello", &text[..text.len() - 9], damaged.as_str()] {
            assert!(
                ReleaseKey::from_file_text(damaged, never).is_err(),
                "{damaged:?}"
            );
        }
    }
}
