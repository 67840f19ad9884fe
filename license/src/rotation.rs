//! A new licence key takes over: a statement that the old key signs and the new one, too.
//!
//! The old key vouches for the new one, and the new one for itself, so that nobody can have a key
//! vouched for that he does not hold. What is trusted grows by it and never shrinks: licences of the
//! old key stay what they are. A composite key is never followed by a weaker one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::dsse::{Envelope, EnvelopeSignature};
use crate::vtlic::{Algorithm, LicenseKeyId, LicensePublicKey};
use crate::{ed25519, json, mldsa};

/// The payload type: what the signatures of a statement are good for, and nothing else.
pub const ROTATION_TYPE: &str = "application/vnd.vaultterm.license-key+json";

/// How many statements are followed at most.
pub const MAX_STATEMENTS: usize = 32;

const MAX_DEPTH: usize = 4;

/// Why a statement was not followed.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotationError {
    /// Not an envelope, or one for something else.
    #[error("it is not a key rotation statement")]
    Envelope,
    /// Nobody who is trusted here vouches for the new key.
    #[error("it is not signed by a key that is trusted here")]
    UnknownKey,
    /// A signature of the old or the new key is missing or does not hold.
    #[error("a signature of it does not hold")]
    Forged,
    /// Signed, but no statement that this version understands.
    #[error("its signed payload is not one that this version understands")]
    Payload,
    /// The new key has one half where the old one had two.
    #[error("its new key is weaker than the one that it follows")]
    Weaker,
    /// The new key is trusted already.
    #[error("its new key is trusted already")]
    Known,
    /// More than anybody rotates keys.
    #[error("there are more than {MAX_STATEMENTS} of them")]
    TooMany,
}

/// What the old and the new key sign.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    /// The ids of the halves of the old key.
    previous: Vec<LicenseKeyId>,
    /// The new key, in base64.
    ed25519: String,
    /// Its post-quantum half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ml_dsa_65: Option<String>,
    /// When it was made.
    #[serde(with = "crate::instant")]
    issued: OffsetDateTime,
}

/// The bytes that both keys have to sign, all halves of the old one first. `None` when the instant
/// cannot be written.
#[must_use]
pub fn statement(
    previous: &LicensePublicKey,
    next: &LicensePublicKey,
    issued: OffsetDateTime,
) -> Option<Vec<u8>> {
    let statement = Statement {
        previous: ids(previous),
        ed25519: STANDARD.encode(next.ed25519().as_bytes()),
        ml_dsa_65: next.mldsa().map(|half| STANDARD.encode(half.to_bytes())),
        issued,
    };
    serde_json::to_vec(&statement).ok()
}

/// Follows every statement of a text, one a line, each on the ground of those before it. Empty lines
/// and comments are left out, and so is a statement whose new key is trusted already.
///
/// # Errors
/// [`RotationError`] when one does not hold; nothing is followed then.
pub fn follow(
    trusted: &[LicensePublicKey],
    text: &str,
) -> Result<Vec<LicensePublicKey>, RotationError> {
    let mut keys = trusted.to_vec();
    let lines = text.lines().map(str::trim);
    let statements = lines.filter(|line| !line.is_empty() && !line.starts_with("untrusted "));
    for (number, line) in statements.enumerate() {
        if number >= MAX_STATEMENTS {
            return Err(RotationError::TooMany);
        }
        match successor(line.as_bytes(), &keys) {
            Ok(next) => keys.push(next),
            Err(RotationError::Known) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(keys)
}

/// The key that a statement introduces.
///
/// # Errors
/// [`RotationError`] says which rule it broke.
pub fn successor(
    bytes: &[u8],
    trusted: &[LicensePublicKey],
) -> Result<LicensePublicKey, RotationError> {
    let envelope = Envelope::parse(bytes).map_err(|_| RotationError::Envelope)?;
    if envelope.payload_type != ROTATION_TYPE {
        return Err(RotationError::Envelope);
    }
    let body = envelope
        .payload_bytes()
        .map_err(|_| RotationError::Envelope)?;
    let (previous, rest) = vouching(&envelope.signatures, &body, trusted)?;

    let statement = json::object(&body, MAX_DEPTH).map_err(|_| RotationError::Payload)?;
    let statement: Statement =
        serde_json::from_value(Value::Object(statement)).map_err(|_| RotationError::Payload)?;
    if statement.previous != ids(previous) {
        return Err(RotationError::Forged);
    }
    let next = key_of(&statement).ok_or(RotationError::Payload)?;
    next.verify(ROTATION_TYPE, &body, rest)
        .map_err(|_| RotationError::Forged)?;
    if previous.algorithm() == Algorithm::Composite && next.algorithm() != Algorithm::Composite {
        return Err(RotationError::Weaker);
    }
    if trusted.iter().any(|key| key.key_id() == next.key_id()) {
        return Err(RotationError::Known);
    }
    Ok(next)
}

/// The trusted key that signed first, with all of its halves, and the signatures behind its own.
fn vouching<'t, 's>(
    signatures: &'s [EnvelopeSignature],
    body: &[u8],
    trusted: &'t [LicensePublicKey],
) -> Result<(&'t LicensePublicKey, &'s [EnvelopeSignature]), RotationError> {
    let first = signatures.first().ok_or(RotationError::Forged)?;
    let mut refused = RotationError::UnknownKey;
    for key in trusted {
        if key.key_id().as_str() != first.keyid {
            continue;
        }
        refused = RotationError::Forged;
        let Some((own, rest)) = signatures.split_at_checked(key.algorithm().signatures()) else {
            continue;
        };
        if key.verify(ROTATION_TYPE, body, own).is_ok() {
            return Ok((key, rest));
        }
    }
    Err(refused)
}

fn ids(key: &LicensePublicKey) -> Vec<LicenseKeyId> {
    let mut ids = vec![key.key_id()];
    ids.extend(key.mldsa_key_id());
    ids
}

fn key_of(statement: &Statement) -> Option<LicensePublicKey> {
    let bytes = STANDARD.decode(&statement.ed25519).ok()?;
    let bytes: [u8; ed25519::KEY_LENGTH] = bytes.try_into().ok()?;
    let key = ed25519::PublicKey::from_bytes(&bytes).ok()?;
    let Some(half) = &statement.ml_dsa_65 else {
        return Some(LicensePublicKey::new(key));
    };
    let half = mldsa::PublicKey::from_bytes(&STANDARD.decode(half).ok()?).ok()?;
    Some(LicensePublicKey::composite(key, half))
}
