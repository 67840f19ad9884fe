//! The envelope around a signed document (DSSE 1.0, <https://github.com/secure-systems-lab/dsse>).
//!
//! What is signed is the pre-authentication encoding: type and payload, each with its length. The
//! payload type is the purpose label; a signature made for one purpose is worthless for another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json;

/// The longest envelope that is looked at, in bytes.
pub const MAX_ENVELOPE: usize = 64 * 1024;
/// Object, list of signatures, signature.
const MAX_DEPTH: usize = 3;

/// An envelope as it stands in a file. Nothing in it is trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// What the payload is, and what it was signed for.
    pub payload_type: String,
    /// The signed bytes in base64.
    pub payload: String,
    /// One entry for each signature.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// Which key made it; a hint, never a proof.
    pub keyid: String,
    /// The signature in base64.
    pub sig: String,
}

/// Why an envelope was refused before any signature was looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Longer than any envelope.
    #[error("it is longer than {MAX_ENVELOPE} bytes")]
    TooLong,
    /// Line ends of another system: it went through a program that changed it.
    #[error("it contains carriage returns")]
    CarriageReturn,
    /// Not JSON, or JSON with more than one meaning.
    #[error("it is not a DSSE envelope")]
    Json(#[source] serde_json::Error),
    /// JSON, but not that of an envelope.
    #[error("it is not a DSSE envelope: its {0} is missing, of another type, or not alone")]
    Shape(&'static str),
    /// A field is not base64.
    #[error("its {0} is not base64")]
    Encoding(&'static str),
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    /// [`EnvelopeError`] when it is too long or not an envelope.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(EnvelopeError::TooLong);
        }
        if bytes.contains(&b'\r') {
            return Err(EnvelopeError::CarriageReturn);
        }
        let mut fields = json::object(bytes, MAX_DEPTH).map_err(EnvelopeError::Json)?;
        let envelope = Self {
            payload_type: text(&mut fields, "payloadType")?,
            payload: text(&mut fields, "payload")?,
            signatures: match fields.remove("signatures") {
                Some(Value::Array(entries)) => entries
                    .into_iter()
                    .map(EnvelopeSignature::read)
                    .collect::<Result<_, _>>()?,
                _ => return Err(EnvelopeError::Shape("list of signatures")),
            },
        };
        alone(&fields, "list of fields")?;
        Ok(envelope)
    }

    /// The signed bytes.
    ///
    /// # Errors
    /// [`EnvelopeError::Encoding`] when they are not base64.
    pub fn payload_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        STANDARD
            .decode(&self.payload)
            .map_err(|_| EnvelopeError::Encoding("payload"))
    }
}

impl EnvelopeSignature {
    fn read(entry: Value) -> Result<Self, EnvelopeError> {
        let Value::Object(mut fields) = entry else {
            return Err(EnvelopeError::Shape("signature"));
        };
        let read = Self {
            keyid: text(&mut fields, "keyid")?,
            sig: text(&mut fields, "sig")?,
        };
        alone(&fields, "signature")?;
        Ok(read)
    }

    /// The signature's bytes.
    ///
    /// # Errors
    /// [`EnvelopeError::Encoding`] when they are not base64.
    pub fn bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        STANDARD
            .decode(&self.sig)
            .map_err(|_| EnvelopeError::Encoding("signature"))
    }
}

fn text(fields: &mut Map<String, Value>, name: &'static str) -> Result<String, EnvelopeError> {
    match fields.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(EnvelopeError::Shape(name)),
    }
}

fn alone(rest: &Map<String, Value>, name: &'static str) -> Result<(), EnvelopeError> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(EnvelopeError::Shape(name))
    }
}

/// The pre-authentication encoding: exactly what is signed.
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Envelope, MAX_ENVELOPE, pre_authentication_encoding};

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(
            encoded,
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn an_oversized_or_extended_envelope_is_refused() {
        assert!(Envelope::parse(&vec![b' '; MAX_ENVELOPE + 1]).is_err());
        let extra = br#"{"payloadType":"t","payload":"","signatures":[],"more":1}"#;
        assert!(Envelope::parse(extra).is_err());
    }
}
