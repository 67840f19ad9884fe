//! Secrets that open something once, or a session.

use sha2::{Digest as _, Sha256};

use crate::kernel::Redacted;

/// A token in the clear: 256 random bits in hexadecimal. It is handed over and kept nowhere; what is
/// stored is its digest.
#[derive(Clone, Debug)]
pub(super) struct Token(Redacted<String>);

impl Token {
    /// A new one; none when the system gives no randomness.
    pub(super) fn generate() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(Redacted::new(hex::encode(bytes))))
    }

    /// One that came from outside, if it has the shape of one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        shaped.then(|| Self(Redacted::new(text.to_owned())))
    }

    /// The token itself.
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored, and looked up.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose()).into()
    }
}
