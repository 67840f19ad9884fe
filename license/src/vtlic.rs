//! The licence file `.vtlic`: a DSSE envelope around a JSON payload (`FORMAT.md`).
//!
//! [`License::open`] is the only way to the payload, and it checks the signatures first, so that
//! nothing can look at seats or dates before they are known to be the vendor's. The algorithm is
//! named inside the signed payload: taking a signature away from a licence that needs two is a
//! forgery, not a weaker licence.

mod key;
mod payload;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

pub(crate) use key::signer;
pub use key::{LicenseKeyId, LicensePublicKey};
pub use payload::{Algorithm, Payload, Tier};

use crate::dsse::{Envelope, EnvelopeError, EnvelopeSignature, pre_authentication_encoding};

/// The payload type: what a licence signature is good for, and nothing else.
pub const PAYLOAD_TYPE: &str = "application/vnd.vaultterm.license+json";

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
    #[error("the licence carries {found} signatures, and {expected} are demanded")]
    SignatureCount {
        /// What the algorithm, or the key, demands.
        expected: usize,
        /// What the file has.
        found: usize,
    },
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

/// A release that came out after the licence's maintenance had ended.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the release came out after the licence's maintenance had ended")]
pub struct MaintenanceEnded {
    /// When the maintenance ended.
    pub ends: OffsetDateTime,
    /// When the release came out.
    pub released: OffsetDateTime,
}

/// A licence whose signatures hold. Made only by [`License::open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    payload: Payload,
    body: Vec<u8>,
    signature: Vec<u8>,
}

impl License {
    /// Reads a `.vtlic` file and checks it against the trusted keys.
    ///
    /// # Errors
    /// [`Error`] says which rule it broke; the payload is not looked at before the signatures
    /// hold.
    pub fn open(bytes: &[u8], trusted: &[LicensePublicKey]) -> Result<Self, Error> {
        if trusted.is_empty() {
            return Err(Error::NoKeys);
        }
        let envelope = Envelope::parse(bytes)?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(Error::Purpose(printable(&envelope.payload_type)));
        }
        let body = envelope.payload_bytes()?;
        let key = signer(&envelope.signatures, trusted)?;
        let signature = key.verify(PAYLOAD_TYPE, &body, &envelope.signatures)?;

        let payload = Payload::parse(&body)?;
        if payload.algorithm != key.algorithm() {
            return Err(Error::SignatureCount {
                expected: payload.algorithm.signatures(),
                found: envelope.signatures.len(),
            });
        }
        if payload.key_id != key.key_id() || payload.mldsa_key_id != key.mldsa_key_id() {
            return Err(Error::Forged);
        }
        Ok(Self {
            payload,
            body,
            signature,
        })
    }

    /// What the vendor signed.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The signed JSON as it stands in the file, with what this version does not know.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// SHA-256 of what was signed (the pre-authentication encoding): names the licence in records,
    /// whatever its file looks like.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        use sha2::Digest as _;
        sha2::Sha256::digest(pre_authentication_encoding(PAYLOAD_TYPE, &self.body)).into()
    }

    /// All signatures, one after the other.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether a release that came out at an instant may be run. Two signed dates are compared, and
    /// no clock is asked: the answer is the same for ever.
    ///
    /// # Errors
    /// [`MaintenanceEnded`] when it came out too late.
    pub fn may_run(&self, released: OffsetDateTime) -> Result<(), MaintenanceEnded> {
        let ends = self.payload.maintenance_ends;
        if released < ends {
            Ok(())
        } else {
            Err(MaintenanceEnded { ends, released })
        }
    }
}

/// Untrusted text made fit for a message: short, and without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// The envelope of a signed payload. The one writer shared with the issuing tool, which holds the
/// keys; this library cannot sign.
#[must_use]
pub fn envelope_for(body: &[u8], signatures: &[(LicenseKeyId, Vec<u8>)]) -> Envelope {
    envelope_of(PAYLOAD_TYPE, body, signatures)
}

/// The same for a document of another purpose.
#[must_use]
pub fn envelope_of(
    payload_type: &str,
    body: &[u8],
    signatures: &[(LicenseKeyId, Vec<u8>)],
) -> Envelope {
    let entry = |(key, signature): &(LicenseKeyId, Vec<u8>)| EnvelopeSignature {
        keyid: key.as_str().to_owned(),
        sig: STANDARD.encode(signature),
    };
    Envelope {
        payload_type: payload_type.to_owned(),
        payload: STANDARD.encode(body),
        signatures: signatures.iter().map(entry).collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
