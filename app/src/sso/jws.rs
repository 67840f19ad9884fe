//! Signatures of ID tokens (RFC 7515, 7517, 7518, 8037): compact form, four algorithms, one key.
//!
//! The token names an algorithm, and the key decides whether it may: a key of one kind verifies with
//! the algorithms of that kind and with no other. Algorithms with a shared secret and `none` are not
//! in the list, so that a public key can never be taken for a secret. Keys that a token brings along
//! or points to (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// The longest token.
const LONGEST: usize = 64 * 1024;
/// The most keys of a set.
const MOST_KEYS: usize = 100;

/// What is wrong with a token's form or signature.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// Not three parts, not base64url, no header.
    #[error("it is no signed token")]
    Form,
    /// `none`, a shared secret, or something that nobody knows.
    #[error("its algorithm is not one that is accepted")]
    Algorithm,
    /// It demands what is not understood (`crit`), or is of another type.
    #[error("its header demands what is not understood")]
    Header,
    /// The provider has no such key.
    #[error("the provider has no key of that name for that algorithm")]
    UnknownKey,
    /// More than one key could be meant.
    #[error("more than one key could be meant")]
    Ambiguous,
    /// The signature is not that key's.
    #[error("the signature does not hold")]
    Signature,
}

/// The algorithms that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// What a header says, as far as it matters.
#[derive(Debug, Deserialize)]
struct Header {
    alg: serde_json::Value,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

/// A token whose signature is still to be verified. Its payload is not to be had before.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    algorithm: Algorithm,
    kid: Option<String>,
    message: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenFault> {
        if token.len() > LONGEST {
            return Err(TokenFault::Form);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Form)?;
        let (header, payload) = message.split_once('.').ok_or(TokenFault::Form)?;
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| TokenFault::Form)?;
        let algorithm = serde_json::from_value(header.alg).map_err(|_| TokenFault::Algorithm)?;
        let typed = |typ: &str| typ.eq_ignore_ascii_case("JWT");
        if header.crit.is_some() || !header.typ.as_deref().is_none_or(typed) {
            return Err(TokenFault::Header);
        }
        Ok(Self {
            algorithm,
            kid: header.kid,
            message,
            payload,
            signature: decode(signature)?,
        })
    }

    /// The payload, once the one key of the set that is meant has verified it.
    pub(super) fn verify(&self, keys: &KeySet) -> Result<Vec<u8>, TokenFault> {
        let key = keys.pick(self.algorithm, self.kid.as_deref())?;
        let message = self.message.as_bytes();
        let verified = match &key.material {
            Material::Rsa { n, e } => {
                let parameters = match self.algorithm {
                    Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    Algorithm::Rs256 | Algorithm::Es256 | Algorithm::EdDsa => {
                        &RSA_PKCS1_2048_8192_SHA256
                    }
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, &self.signature)
            }
            Material::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, &self.signature),
            Material::Ed25519(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, &self.signature)
            }
        };
        verified.map_err(|_| TokenFault::Signature)?;
        decode(self.payload)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenFault::Form)
}

/// A public key that could have signed a token.
#[derive(Clone, Debug)]
struct Key {
    kid: Option<String>,
    algorithm: Option<String>,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Key {
    /// Whether the key verifies with an algorithm: its kind decides, and narrows further if it says.
    fn fits(&self, algorithm: Algorithm) -> bool {
        let (kind, name) = match algorithm {
            Algorithm::Rs256 => (matches!(self.material, Material::Rsa { .. }), "RS256"),
            Algorithm::Ps256 => (matches!(self.material, Material::Rsa { .. }), "PS256"),
            Algorithm::Es256 => (matches!(self.material, Material::P256(_)), "ES256"),
            Algorithm::EdDsa => (matches!(self.material, Material::Ed25519(_)), "EdDSA"),
        };
        kind && self.algorithm.as_deref().is_none_or(|own| own == name)
    }
}

/// The keys that a provider signs with.
#[derive(Clone, Debug)]
pub(super) struct KeySet(Vec<Key>);

/// A set as it is published (RFC 7517).
#[derive(Deserialize)]
pub(super) struct Published {
    keys: Vec<serde_json::Value>,
}

/// One key as it is published. Members that are not named here mean nothing to us.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl From<Published> for KeySet {
    /// Keeps what can be used; a key of a kind that we do not know is nobody's fault.
    fn from(set: Published) -> Self {
        let known = set.keys.into_iter().take(MOST_KEYS).filter_map(|key| {
            let key: Jwk = serde_json::from_value(key).ok()?;
            usable(key)
        });
        Self(known.collect())
    }
}

fn usable(key: Jwk) -> Option<Key> {
    let signs = key.r#use.as_deref().is_none_or(|purpose| purpose == "sig");
    let verifies = |ops: &Vec<String>| ops.iter().any(|op| op == "verify");
    if !signs || !key.key_ops.as_ref().is_none_or(verifies) {
        return None;
    }
    let part = |text: Option<String>| decode(&text?).ok();
    let material = match (key.kty.as_str(), key.crv.as_deref()) {
        ("RSA", _) => Material::Rsa {
            n: part(key.n)?,
            e: part(key.e)?,
        },
        ("EC", Some("P-256")) => {
            let (x, y) = (part(key.x)?, part(key.y)?);
            if x.len() != 32 || y.len() != 32 {
                return None;
            }
            // SEC 1, 2.3.3: an uncompressed point.
            Material::P256([[4].as_slice(), &x, &y].concat())
        }
        ("OKP", Some("Ed25519")) => Material::Ed25519(part(key.x)?),
        _ => return None,
    };
    Some(Key {
        kid: key.kid,
        algorithm: key.alg,
        material,
    })
}

impl KeySet {
    /// The one key that is meant. A token that names none is verified only where there is but one.
    fn pick(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<&Key, TokenFault> {
        let named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.fits(algorithm))
            .filter(named);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(TokenFault::UnknownKey),
            (Some(_), Some(_)) => Err(TokenFault::Ambiguous),
        }
    }
}
