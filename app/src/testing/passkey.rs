//! A software authenticator and the browser around it: makes passkeys and shows them, honestly or not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::ORIGIN;

/// One security key in one browser.
#[derive(Clone)]
pub(crate) struct SecurityKey {
    /// Where the browser says that the page is.
    pub(crate) origin: String,
    /// The domain that it signs for.
    pub(crate) domain: String,
    /// Whether it looks who is there.
    pub(crate) verifies: bool,
    /// How often it was used; 0 for ever where it does not count.
    pub(crate) counter: u32,
    /// Whether it counts.
    pub(crate) counts: bool,
    id: Vec<u8>,
    key: SigningKey,
    user: Option<String>,
}

impl SecurityKey {
    /// A key that holds nothing yet.
    pub(crate) fn new() -> Self {
        let mut id = vec![0; 32];
        getrandom::fill(&mut id).unwrap();
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).unwrap();
        Self {
            origin: ORIGIN.to_owned(),
            domain: "localhost".to_owned(),
            verifies: true,
            counter: 0,
            counts: true,
            id,
            key: SigningKey::from_slice(&secret).unwrap(),
            user: None,
        }
    }

    /// The same key under the name that another one has.
    pub(crate) fn posing_as(mut self, other: &Self) -> Self {
        self.id.clone_from(&other.id);
        self
    }

    /// Makes a passkey, as `navigator.credentials.create` answers.
    pub(crate) fn make(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        self.user = options["user"]["id"].as_str().map(str::to_owned);
        let client_data = self.client_data("webauthn.create", &options["challenge"]);
        let mut data = self.authenticator_data(0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&self.public_key());
        json!({
            "id": text(&self.id),
            "rawId": text(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(&client_data),
                "attestationObject": text(&attestation(&data)),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        })
    }

    /// Shows the passkey, as `navigator.credentials.get` answers.
    pub(crate) fn show(&mut self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", &options["publicKey"]["challenge"]);
        let data = self.authenticator_data(0);
        let mut signed = data.clone();
        signed.extend_from_slice(&Sha256::digest(&client_data));
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": text(&self.id),
            "rawId": text(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(&client_data),
                "authenticatorData": text(&data),
                "signature": text(signature.to_der().as_bytes()),
                "userHandle": self.user,
            },
            "clientExtensionResults": {},
        })
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let origin = &self.origin;
        let said = json!({"type": kind, "challenge": challenge, "origin": origin});
        said.to_string().into_bytes()
    }

    fn authenticator_data(&mut self, flags: u8) -> Vec<u8> {
        self.counter += u32::from(self.counts);
        let verified = if self.verifies { 0b100 } else { 0 };
        let mut data = Sha256::digest(&self.domain).to_vec();
        data.push(flags | 1 | verified);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    /// COSE (RFC 9053): an EC2 key for ES256 on P-256.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend_from_slice(x);
        key.extend_from_slice(&[0x22, 0x58, 0x20]);
        key.extend_from_slice(y);
        key
    }
}

/// CBOR (RFC 8949): an attestation object without a statement.
fn attestation(data: &[u8]) -> Vec<u8> {
    let mut object = vec![0xa3];
    object.extend_from_slice(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
    object.push(u8::try_from(data.len()).unwrap());
    object.extend_from_slice(data);
    object
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
