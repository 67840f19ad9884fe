//! Whose licences are believed: an Ed25519 key, or one of two halves that both have to sign.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Algorithm, Error, printable};
use crate::dsse::{EnvelopeSignature, pre_authentication_encoding};
use crate::ed25519::{self, SIGNATURE_LENGTH};
use crate::keyfile::{self, KeyFileError};
use crate::{mldsa, rotation};

const ED25519_TAG: [u8; 2] = *b"VL";
const MLDSA_TAG: [u8; 2] = *b"VM";

/// Names a licence key: the first eight bytes of the SHA-256 of the public key, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LicenseKeyId(String);

impl LicenseKeyId {
    /// The id of a public key.
    #[must_use]
    pub fn of(key: &ed25519::PublicKey) -> Self {
        Self(hex::encode(id_bytes(key.as_bytes())))
    }

    /// The id of the post-quantum half of a key.
    #[must_use]
    pub fn of_mldsa(key: &mldsa::PublicKey) -> Self {
        Self(hex::encode(id_bytes(&key.to_bytes())))
    }

    /// The sixteen hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LicenseKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn id_bytes(key: &[u8]) -> [u8; 8] {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(key);
    let mut id = [0; 8];
    for (to, from) in id.iter_mut().zip(digest) {
        *to = from;
    }
    id
}

/// A key that may sign licences: an Ed25519 key and, for a composite key, its ML-DSA-65 half.
///
/// A composite key believes nothing that only one half has signed. Whoever also wants to believe
/// what its Ed25519 half signed alone says so by trusting that half as a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicensePublicKey {
    key: ed25519::PublicKey,
    id: LicenseKeyId,
    second: Option<Half>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Half {
    key: mldsa::PublicKey,
    id: LicenseKeyId,
}

impl LicensePublicKey {
    /// A key whose licences carry one signature.
    #[must_use]
    pub fn new(key: ed25519::PublicKey) -> Self {
        let id = LicenseKeyId::of(&key);
        Self {
            key,
            id,
            second: None,
        }
    }

    /// A key whose licences carry two signatures, both of which have to hold.
    #[must_use]
    pub fn composite(key: ed25519::PublicKey, second: mldsa::PublicKey) -> Self {
        let id = LicenseKeyId::of_mldsa(&second);
        Self {
            second: Some(Half { key: second, id }),
            ..Self::new(key)
        }
    }

    /// Reads every key of a `vendor.pub` text, or lone base64 lines. Statements that a new key takes
    /// over, which may stand in it as well, are followed.
    ///
    /// # Errors
    /// [`KeyFileError`] when one is unusable, or there is none.
    pub fn all_from_text(text: &str) -> Result<Vec<Self>, KeyFileError> {
        Self::all_from_texts(text, None)
    }

    /// The same from two texts: that of the Ed25519 keys, and that of the post-quantum halves, each
    /// of which names the key that it belongs to.
    ///
    /// # Errors
    /// [`KeyFileError`] when one is unusable or belongs to none, or there is none.
    pub fn all_from_texts(ed25519: &str, mldsa: Option<&str>) -> Result<Vec<Self>, KeyFileError> {
        let mut keys: Vec<Self> = Vec::new();
        let mut halves = Vec::new();
        let mut statements = Vec::new();
        for line in keyfile::lines(ed25519)
            .into_iter()
            .chain(keyfile::lines(mldsa.unwrap_or_default()))
        {
            if line.text.starts_with('{') {
                statements.push(line.text);
            } else if line.text.len() == keyfile::line_length(mldsa::KEY_LENGTH) {
                halves.push(line.text);
            } else {
                let found = keyfile::parse_line(line, ED25519_TAG, "a licence key (VL)")?;
                keys.push(Self::new(found.key));
            }
        }
        if keys.is_empty() {
            return Err(KeyFileError::Absent);
        }
        for half in halves {
            pair(&mut keys, half)?;
        }
        Ok(rotation::follow(&keys, &statements.join("\n"))?)
    }

    /// The key's name: that of its Ed25519 half.
    #[must_use]
    pub fn key_id(&self) -> LicenseKeyId {
        self.id.clone()
    }

    /// The name of its post-quantum half, when it has one.
    #[must_use]
    pub fn mldsa_key_id(&self) -> Option<LicenseKeyId> {
        self.second.as_ref().map(|half| half.id.clone())
    }

    /// How what it signs is signed.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        if self.second.is_some() {
            Algorithm::Composite
        } else {
            Algorithm::Ed25519
        }
    }

    /// The Ed25519 key.
    #[must_use]
    pub const fn ed25519(&self) -> &ed25519::PublicKey {
        &self.key
    }

    /// The post-quantum half.
    #[must_use]
    pub fn mldsa(&self) -> Option<&mldsa::PublicKey> {
        self.second.as_ref().map(|half| &half.key)
    }

    /// The text of a `vendor.pub` file.
    #[must_use]
    pub fn to_file_text(&self, comment: &str) -> String {
        let id = id_bytes(self.key.as_bytes());
        let mut text = keyfile::write(ED25519_TAG, id, self.key.as_bytes(), comment);
        if let Some(half) = &self.second {
            let comment = format!("{comment}, its ML-DSA-65 half");
            text.push_str(&keyfile::write(
                MLDSA_TAG,
                id,
                &half.key.to_bytes(),
                &comment,
            ));
        }
        text
    }

    /// Checks all of its signatures over a document: as many as it has halves, in their order, each
    /// in its name. Returns their bytes, one after the other.
    pub(crate) fn verify(
        &self,
        payload_type: &str,
        body: &[u8],
        signatures: &[EnvelopeSignature],
    ) -> Result<Vec<u8>, Error> {
        let expected = self.algorithm().signatures();
        let found = signatures.len();
        let message = pre_authentication_encoding(payload_type, body);
        match (signatures, &self.second) {
            ([first], None) => self.verify_first(&message, first),
            ([first, second], Some(half)) => {
                let mut bytes = self.verify_first(&message, first)?;
                if second.keyid != half.id.0 {
                    return Err(Error::UnknownKey(printable(&second.keyid)));
                }
                let signature = second.bytes()?;
                half.key
                    .verify(&message, payload_type.as_bytes(), &signature)
                    .map_err(|_| Error::Forged)?;
                bytes.extend_from_slice(&signature);
                Ok(bytes)
            }
            _ => Err(Error::SignatureCount { expected, found }),
        }
    }

    fn verify_first(&self, message: &[u8], first: &EnvelopeSignature) -> Result<Vec<u8>, Error> {
        if first.keyid != self.id.0 {
            return Err(Error::UnknownKey(printable(&first.keyid)));
        }
        let bytes = first.bytes()?;
        let signature: &[u8; SIGNATURE_LENGTH] =
            bytes.as_slice().try_into().map_err(|_| Error::Forged)?;
        self.key
            .verify(message, signature)
            .map_err(|_| Error::Forged)?;
        Ok(bytes)
    }
}

/// Which of the trusted keys made these signatures, if their number and the first one's name say
/// the truth. A key may be trusted twice, as a whole and for its Ed25519 half alone.
pub(crate) fn signer<'k>(
    signatures: &[EnvelopeSignature],
    trusted: &'k [LicensePublicKey],
) -> Result<&'k LicensePublicKey, Error> {
    let found = signatures.len();
    let first = signatures
        .first()
        .ok_or(Error::SignatureCount { expected: 1, found })?;
    let mut named = trusted.iter().filter(|key| key.id.0 == first.keyid);
    let any = named
        .clone()
        .next()
        .ok_or_else(|| Error::UnknownKey(printable(&first.keyid)))?;
    let expected = any.algorithm().signatures();
    named
        .find(|key| key.algorithm().signatures() == found)
        .ok_or(Error::SignatureCount { expected, found })
}

/// Gives a post-quantum half to the first key that it names and that has none.
fn pair(keys: &mut [LicensePublicKey], line: &str) -> Result<(), KeyFileError> {
    let (of, bytes) = keyfile::decode(
        line,
        MLDSA_TAG,
        mldsa::KEY_LENGTH,
        "the ML-DSA-65 half of a licence key (VM)",
    )?;
    let of = hex::encode(of);
    let half = mldsa::PublicKey::from_bytes(&bytes).map_err(|_| KeyFileError::Encoding)?;
    let key = keys
        .iter_mut()
        .find(|key| key.id.0 == of && key.second.is_none())
        .ok_or(KeyFileError::Unpaired(of))?;
    *key = LicensePublicKey::composite(key.key.clone(), half);
    Ok(())
}
