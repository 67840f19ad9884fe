//! What Vault and OpenBao answer, as far as it matters here.

use serde::Deserialize;

use super::TransitError;
use crate::kernel::Redacted;

/// The most that is read of an answer: those that are expected have a few hundred bytes.
pub(super) const MOST: usize = 64 * 1024;

/// A good answer; each call looks for its own part.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) data: Option<Data>,
    #[serde(default)]
    pub(super) auth: Option<Auth>,
}

/// What the Transit engine answers.
#[derive(Deserialize)]
pub(super) struct Data {
    #[serde(default)]
    pub(super) plaintext: Option<Redacted<String>>,
    #[serde(default)]
    pub(super) ciphertext: Option<String>,
}

/// What a login answers.
#[derive(Deserialize)]
pub(super) struct Auth {
    pub(super) client_token: Redacted<String>,
}

/// A refusal: `{"errors": ["…"]}`. Its words are looked at and never repeated, since they may hold
/// what was sent.
#[derive(Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    errors: Vec<String>,
}

impl Refusal {
    pub(super) fn parse(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn says(&self, words: &str) -> bool {
        self.errors.iter().any(|error| error.contains(words))
    }
}

/// What a call was for, so that its refusal can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Login,
    Encrypt,
    Decrypt,
}

impl Call {
    /// The capability's path in a policy.
    const fn verb(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
        }
    }
}

/// Whether the same call may succeed a little later: Vault is starting, sealed, changing its
/// leader, catching up, or limits the rate.
pub(super) const fn is_passing(status: u16) -> bool {
    matches!(status, 412 | 429 | 472 | 473 | 500..=599)
}

/// Why a call was refused.
pub(super) fn explain(call: Call, status: u16, refusal: &Refusal) -> TransitError {
    match (call, status) {
        // Damaged ciphertext is answered by some versions as a fault of the server.
        (Call::Decrypt, 400 | 500) if refusal.says("invalid ciphertext") => TransitError::Foreign,
        (Call::Decrypt, 400 | 500) if refusal.says("message authentication failed") => {
            TransitError::Foreign
        }
        (Call::Encrypt | Call::Decrypt, 400) if refusal.says("key not found") => {
            TransitError::NoKey
        }
        (Call::Login, 400 | 403) => TransitError::Login,
        (_, 403) => TransitError::Denied(call.verb()),
        (Call::Login, 404) => TransitError::NoAppRole,
        (_, 404) => TransitError::NoMount,
        (_, 503) => TransitError::Sealed,
        (_, 429) => TransitError::Limited,
        _ => TransitError::Status(status),
    }
}
