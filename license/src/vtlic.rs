//! The licence file `.vtlic`: a DSSE envelope around a JSON payload.
//!
//! [`License::open`] is the only way to the payload, and it checks the signature first, so that
//! nothing can look at seats or dates before they are known to be the vendor's. The algorithm is
//! named inside the signed payload: taking a signature away from a licence that needs two is a
//! forgery, not a weaker licence.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::dsse::{Envelope, EnvelopeError, pre_authentication_encoding};
use crate::ed25519::{self, SIGNATURE_LENGTH};
use crate::keyfile::{self, KeyFileError};

/// The payload type: what a licence signature is good for, and nothing else.
pub const PAYLOAD_TYPE: &str = "application/vnd.vaultterm.license+json";

const KEY_TAG: [u8; 2] = *b"VL";

/// Names a licence key: the first eight bytes of the SHA-256 of the public key, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LicenseKeyId(String);

impl LicenseKeyId {
    /// The id of a public key.
    #[must_use]
    pub fn of(key: &ed25519::PublicKey) -> Self {
        Self(hex::encode(id_bytes(key)))
    }
}

impl fmt::Display for LicenseKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that may sign licences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicensePublicKey {
    key: ed25519::PublicKey,
}

impl LicensePublicKey {
    /// Wraps a public key.
    #[must_use]
    pub const fn new(key: ed25519::PublicKey) -> Self {
        Self { key }
    }

    /// Reads every key of a `vendor.pub` text, or a lone base64 line.
    ///
    /// # Errors
    /// [`KeyFileError`] when one is unusable, or there is none.
    pub fn all_from_text(text: &str) -> Result<Vec<Self>, KeyFileError> {
        let keys = keyfile::parse_all(text, KEY_TAG, "a licence key (VL)")?;
        Ok(keys
            .into_iter()
            .map(|found| Self { key: found.key })
            .collect())
    }

    /// The key's name.
    #[must_use]
    pub fn key_id(&self) -> LicenseKeyId {
        LicenseKeyId::of(&self.key)
    }

    /// The text of a `vendor.pub` file.
    #[must_use]
    pub fn to_file_text(&self, comment: &str) -> String {
        keyfile::write(KEY_TAG, id_bytes(&self.key), &self.key, comment)
    }
}

fn id_bytes(key: &ed25519::PublicKey) -> [u8; 8] {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(key.as_bytes());
    let mut id = [0; 8];
    for (to, from) in id.iter_mut().zip(digest) {
        *to = from;
    }
    id
}

/// What a customer has bought. Ordered: a later tier includes the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// What everybody has, also after a licence has lapsed.
    Free,
    /// For individuals.
    Pro,
    /// Adds just-in-time access and integrations.
    Team,
    /// Adds unlimited audit retention.
    Enterprise,
}

impl Tier {
    /// The word used in files and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Team => "team",
            Self::Enterprise => "enterprise",
        }
    }
}

/// How a licence is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// One Ed25519 signature.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// Two signatures, valid only together.
    #[serde(rename = "ed25519+ml-dsa-65")]
    Composite,
}

/// What the vendor signed. Unknown fields of a later minor version are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The licence's own id.
    pub id: String,
    /// To whom it was issued.
    pub customer: String,
    /// What was bought.
    pub tier: Tier,
    /// How many people may be members.
    pub seats: u32,
    /// Features beyond the tier's own.
    #[serde(default)]
    pub features: Vec<String>,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub issued: OffsetDateTime,
    /// From when on it is in force.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// The first instant at which its term is over.
    #[serde(with = "time::serde::rfc3339")]
    pub expires: OffsetDateTime,
    /// For how many days after that it is still honoured in full.
    pub grace_days: u16,
    /// Rises with every licence issued to a customer; a lower one is a step back.
    pub counter: u64,
    /// Hosts it is bound to; empty means any.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// The key that signed it.
    pub key_id: LicenseKeyId,
}

/// Why a licence file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no key to check it with.
    #[error("no licence key is trusted, so no licence can be checked")]
    NoKeys,
    /// Not an envelope.
    #[error("the file is not a licence")]
    Envelope(#[from] EnvelopeError),
    /// An envelope for something else.
    #[error("the file is signed for another purpose: {0:?}")]
    Purpose(String),
    /// Signed by somebody who is not trusted here.
    #[error("the licence was signed with key {0}, which is not trusted here")]
    UnknownKey(String),
    /// The signature does not hold.
    #[error("the licence is forged or damaged: its signature does not hold")]
    Forged,
    /// More or fewer signatures than its algorithm demands.
    #[error("the licence carries {found} signatures, and its algorithm demands {expected}")]
    SignatureCount {
        /// What the algorithm demands.
        expected: usize,
        /// What the file has.
        found: usize,
    },
    /// Signed in a way that this version cannot check.
    #[error("the licence needs a signature algorithm that this version does not know")]
    Algorithm,
    /// Signed, but not a licence payload.
    #[error("the signed payload is not a licence that this version understands")]
    Payload(#[source] serde_json::Error),
    /// Signed, but makes no sense.
    #[error("the signed payload contradicts itself: {0}")]
    Inconsistent(&'static str),
}

impl Error {
    /// Whether somebody tampered, as opposed to a wrong or damaged file.
    #[must_use]
    pub const fn is_tampering(&self) -> bool {
        matches!(
            self,
            Self::Forged | Self::SignatureCount { .. } | Self::UnknownKey(_)
        )
    }
}

/// A licence whose signature holds. Made only by [`License::open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    payload: Payload,
}

impl License {
    /// Reads a `.vtlic` file and checks it against the trusted keys.
    ///
    /// # Errors
    /// [`Error`] says which rule it broke; the payload is not looked at before the signature
    /// holds.
    pub fn open(bytes: &[u8], trusted: &[LicensePublicKey]) -> Result<Self, Error> {
        if trusted.is_empty() {
            return Err(Error::NoKeys);
        }
        let envelope = Envelope::parse(bytes)?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(Error::Purpose(printable(&envelope.payload_type)));
        }
        let body = envelope.payload_bytes()?;
        let signed = pre_authentication_encoding(PAYLOAD_TYPE, &body);
        let first = envelope.signatures.first().ok_or(Error::SignatureCount {
            expected: 1,
            found: 0,
        })?;
        let key = trusted
            .iter()
            .find(|key| key.key_id().0 == first.keyid)
            .ok_or_else(|| Error::UnknownKey(printable(&first.keyid)))?;
        let signature: [u8; SIGNATURE_LENGTH] =
            first.bytes()?.try_into().map_err(|_| Error::Forged)?;
        key.key
            .verify(&signed, &signature)
            .map_err(|_| Error::Forged)?;

        let payload: Payload = serde_json::from_slice(&body).map_err(Error::Payload)?;
        match payload.algorithm {
            Algorithm::Ed25519 => expect_signatures(&envelope, 1)?,
            Algorithm::Composite => return Err(Error::Algorithm),
        }
        if payload.key_id != key.key_id() {
            return Err(Error::Forged);
        }
        payload.check()?;
        Ok(Self { payload })
    }

    /// What the vendor signed.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }
}

impl Payload {
    /// The instant at which the grace window ends.
    #[must_use]
    pub fn grace_ends(&self) -> OffsetDateTime {
        self.expires
            .saturating_add(time::Duration::days(i64::from(self.grace_days)))
    }

    /// Rules that a payload must keep to be issued or believed.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] names the broken rule.
    pub fn check(&self) -> Result<(), Error> {
        let rule = if self.customer.trim().is_empty() || self.customer.chars().count() > 200 {
            "the customer's name must have 1 to 200 characters"
        } else if self.seats == 0 {
            "a licence has at least one seat"
        } else if self.expires <= self.not_before {
            "it ends before it begins"
        } else if self.features.len() > 64 || self.hosts.len() > 64 {
            "at most 64 features and 64 hosts"
        } else {
            return Ok(());
        };
        Err(Error::Inconsistent(rule))
    }
}

fn expect_signatures(envelope: &Envelope, expected: usize) -> Result<(), Error> {
    let found = envelope.signatures.len();
    if found == expected {
        Ok(())
    } else {
        Err(Error::SignatureCount { expected, found })
    }
}

/// Untrusted text made fit for a message: short, and without control characters.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// The text of the envelope for a signed payload. The one writer shared with the issuing tool,
/// which holds the keys; this library cannot sign.
#[must_use]
pub fn envelope_for(body: &[u8], key: &LicenseKeyId, signature: &[u8]) -> Envelope {
    Envelope {
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: STANDARD.encode(body),
        signatures: vec![crate::dsse::EnvelopeSignature {
            keyid: key.0.clone(),
            sig: STANDARD.encode(signature),
        }],
    }
}

#[cfg(test)]
pub(crate) mod tests;
