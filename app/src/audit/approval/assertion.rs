//! What a passkey signed, kept with the entry so that it can be checked again without a server.
//!
//! The member `assertion` of an approval holds, bytes in base64url:
//!
//! | member | holds |
//! |---|---|
//! | `domain`, `origin` | the relying party's id, and where the portal was open |
//! | `credential` | the authenticator's name for the passkey |
//! | `publicKey` | the passkey's public key, as a JSON Web Key |
//! | `authenticatorData`, `clientDataJSON`, `signature` | as the authenticator returned them |
//!
//! Checked are, as in WebAuthn level 3, 7.2: the type, the challenge (the digest of the act, nothing
//! else), the origin, the domain's hash, that a person was there and verified, and the signature. What
//! cannot be seen again is whether the counter had gone on; the server has judged that when it was shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Digest, PublicKey, Unapproved};

/// Somebody was there (bit 0) and was verified (bit 2).
const PRESENT_AND_VERIFIED: u8 = 0b101;

/// What a passkey signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The relying party's id.
    pub domain: String,
    /// Where the portal was open.
    pub origin: String,
    /// The authenticator's name for the passkey.
    pub credential: Vec<u8>,
    /// Its public key.
    pub key: PublicKey,
    /// What the authenticator says of itself.
    pub authenticator_data: Vec<u8>,
    /// What the browser says of the page, as JSON.
    pub client_data: Vec<u8>,
    /// The signature over both.
    pub signature: Vec<u8>,
}

impl Assertion {
    pub(crate) fn to_json(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "domain": self.domain,
            "origin": self.origin,
            "credential": text(&self.credential),
            "publicKey": self.key.to_jwk(),
            "authenticatorData": text(&self.authenticator_data),
            "clientDataJSON": text(&self.client_data),
            "signature": text(&self.signature),
        })
    }

    pub(super) fn from_json(assertion: &Value) -> Option<Self> {
        let text = |name: &str| assertion.get(name)?.as_str();
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        Some(Self {
            domain: text("domain")?.to_owned(),
            origin: text("origin")?.to_owned(),
            credential: bytes("credential")?,
            key: PublicKey::from_jwk(assertion.get("publicKey")?)?,
            authenticator_data: bytes("authenticatorData")?,
            client_data: bytes("clientDataJSON")?,
            signature: bytes("signature")?,
        })
    }

    /// Whether the key signed this digest, and nothing else, for this site, with its person there.
    pub(super) fn check(&self, digest: &Digest) -> Result<(), Unapproved> {
        let said: Value =
            serde_json::from_slice(&self.client_data).map_err(|_| Unapproved::Unreadable)?;
        let says = |name: &str, text: &str| said.get(name).and_then(Value::as_str) == Some(text);
        if !says("type", "webauthn.get") || !says("challenge", &URL_SAFE_NO_PAD.encode(digest)) {
            return Err(Unapproved::OtherChallenge);
        }
        let domain = Sha256::digest(&self.domain);
        if !says("origin", &self.origin)
            || !belongs(&self.origin, &self.domain)
            || self.authenticator_data.get(..32) != Some(domain.as_slice())
        {
            return Err(Unapproved::OtherSite);
        }
        let flags = self.authenticator_data.get(32).copied().unwrap_or(0);
        if flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED {
            return Err(Unapproved::Unverified);
        }
        let mut signed = self.authenticator_data.clone();
        signed.extend_from_slice(&Sha256::digest(&self.client_data));
        if self.key.has_signed(&signed, &self.signature) {
            Ok(())
        } else {
            Err(Unapproved::BadSignature)
        }
    }
}

/// Whether an origin's host is a domain or below it.
fn belongs(origin: &str, domain: &str) -> bool {
    let host = origin.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(':').next().unwrap_or_default();
    let above = host.strip_suffix(domain);
    above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
