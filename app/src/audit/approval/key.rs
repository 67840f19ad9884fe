//! Public keys of passkeys, as auditors keep them: JSON Web Keys (RFC 7517, RFC 7518).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::{
    COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType, COSERSAKey, ECDSACurve,
};

/// The public key of a passkey: ES256, ES384 or RS256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(COSEKey);

impl PublicKey {
    /// That of a passkey; none of a kind that nobody can check here.
    #[must_use]
    pub fn of(key: &COSEKey) -> Option<Self> {
        match (&key.type_, &key.key) {
            (COSEAlgorithm::ES256, COSEKeyType::EC_EC2(point))
                if point.curve == ECDSACurve::SECP256R1 => {}
            (COSEAlgorithm::ES384, COSEKeyType::EC_EC2(point))
                if point.curve == ECDSACurve::SECP384R1 => {}
            (COSEAlgorithm::RS256, COSEKeyType::RSA(_)) => {}
            _ => return None,
        }
        Some(Self(key.clone()))
    }

    /// As a JSON Web Key, with the members that its fingerprint is made of and no other.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.0.key {
            COSEKeyType::EC_EC2(point) => {
                let curve = match point.curve {
                    ECDSACurve::SECP256R1 => "P-256",
                    ECDSACurve::SECP384R1 => "P-384",
                    ECDSACurve::SECP521R1 => "P-521",
                };
                json!({"kty": "EC", "crv": curve, "x": text(&point.x), "y": text(&point.y)})
            }
            COSEKeyType::RSA(key) => {
                json!({"kty": "RSA", "n": text(&key.n), "e": text(&key.e)})
            }
            COSEKeyType::EC_OKP(key) => json!({"kty": "OKP", "x": text(&key.x)}),
        }
    }

    /// Reads one.
    #[must_use]
    pub fn from_jwk(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name)?.as_str();
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let (type_, key) = match text("kty")? {
            "EC" => {
                let (type_, curve, size) = match text("crv")? {
                    "P-256" => (COSEAlgorithm::ES256, ECDSACurve::SECP256R1, 32),
                    "P-384" => (COSEAlgorithm::ES384, ECDSACurve::SECP384R1, 48),
                    _ => return None,
                };
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != size || y.len() != size {
                    return None;
                }
                (type_, COSEKeyType::EC_EC2(COSEEC2Key { curve, x, y }))
            }
            "RSA" => {
                let (n, e) = (bytes("n")?, bytes("e")?.try_into().ok()?);
                (COSEAlgorithm::RS256, COSEKeyType::RSA(COSERSAKey { n, e }))
            }
            _ => return None,
        };
        Some(Self(COSEKey { type_, key }))
    }

    /// The fingerprint that people compare (RFC 7638): SHA-256 of the key as JSON with sorted members
    /// and no spaces, in base64url.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.to_jwk().to_string()))
    }

    /// Whether it signed some bytes.
    #[must_use]
    pub fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        self.0.verify_signature(signature, bytes).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::PublicKey;

    /// The example of RFC 7638, 3.1.
    #[test]
    fn a_fingerprint_is_that_of_the_standard() {
        let key = json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        });
        let key = PublicKey::from_jwk(&key).unwrap();
        assert_eq!(
            key.fingerprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
        assert_eq!(PublicKey::from_jwk(&key.to_jwk()), Some(key));
    }

    #[test]
    fn keys_of_other_kinds_are_none() {
        for key in [
            json!(null),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
            json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
        ] {
            assert_eq!(PublicKey::from_jwk(&key), None, "{key}");
        }
    }
}
