//! Passkeys that are kept here.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pkcs8::LineEnding;
use pkcs8::der::pem;
use ssh_key::EcdsaCurve;
use ssh_key::private::{EcdsaKeypair, KeypairData};
use zeroize::Zeroizing;

use super::Record;
use super::private_key::pkcs8;

/// The label of PKCS#8 in PEM.
const LABEL: &str = "PRIVATE KEY";

/// Checks what a passkey is made of. Its key is PKCS#8, in PEM or, as browsers and other managers
/// hand it on, in base 64 alone.
pub(super) fn complete(record: &mut Record<'_>) {
    let site = record.get("rpId").to_owned();
    if !site.is_empty() {
        match host(&site) {
            Some(host) => record.set("rpId", &host),
            None => record.refuse("rpId", "must be the name of a host, as example.com"),
        }
    }
    for field in ["credentialId", "userHandle"] {
        if !record.get(field).chars().all(is_id) {
            record.refuse(field, "must be in base 64, or the id of another manager");
        }
    }
    if record.get("privateKey").is_empty() {
        return;
    }
    match key(record.get("privateKey")) {
        Some((algorithm, text)) => {
            record.set("algorithm", algorithm);
            record.set("privateKey", &text);
        }
        None => record.refuse(
            "privateKey",
            "must be a private key for ES256, EdDSA or RS256 (PKCS#8)",
        ),
    }
}

fn is_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_+/=.".contains(c)
}

/// The name of a host as DNS has it (UTS 46).
fn host(name: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(name).ok()?;
    (!ascii.is_empty() && !ascii.starts_with('.')).then_some(ascii)
}

/// Its algorithm (RFC 9053) and itself in PEM.
fn key(text: &str) -> Option<(&'static str, Zeroizing<String>)> {
    let bytes = Zeroizing::new(bytes(text)?);
    let algorithm = match pkcs8(&bytes)? {
        KeypairData::Ed25519(_) => "EdDSA",
        KeypairData::Rsa(_) => "RS256",
        KeypairData::Ecdsa(EcdsaKeypair::NistP256 { .. }) => "ES256",
        KeypairData::Ecdsa(pair) if pair.curve() == EcdsaCurve::NistP384 => "ES384",
        KeypairData::Ecdsa(_) => "ES512",
        _ => return None,
    };
    let pem = pem::encode_string(LABEL, LineEnding::LF, &bytes).ok()?;
    Some((algorithm, Zeroizing::new(pem)))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let body = match text.strip_prefix("-----BEGIN PRIVATE KEY-----") {
        Some(rest) => rest.strip_suffix("-----END PRIVATE KEY-----")?,
        None => text,
    };
    let code: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    let rules =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if code.contains(['-', '_']) {
        URL_SAFE
    } else {
        STANDARD
    };
    GeneralPurpose::new(&alphabet, rules)
        .decode(code.as_bytes())
        .ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use pkcs8::EncodePrivateKey as _;

    use super::super::SecretType::Passkey;
    use super::super::tests::{complete, open};

    fn key() -> p256::SecretKey {
        p256::SecretKey::from_slice(&[7; 32]).unwrap()
    }

    #[test]
    fn a_key_from_another_manager_is_read_and_kept_as_pem() {
        let der = key().to_pkcs8_der().unwrap();
        let fields = |key| {
            [
                ("rpId", "BÜCHER.example"),
                ("credentialId", "c2VjcmV0"),
                ("privateKey", key),
            ]
        };
        let bare = URL_SAFE_NO_PAD.encode(der.as_bytes());
        let record = complete(Passkey, &fields(&bare)).unwrap();
        assert_eq!(open(&record, "algorithm"), "ES256");
        assert_eq!(open(&record, "rpId"), "xn--bcher-kva.example");
        let pem = open(&record, "privateKey");
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let again = complete(Passkey, &fields(pem)).unwrap();
        assert_eq!(open(&again, "privateKey"), pem);
    }

    #[test]
    fn what_is_no_passkey_is_named() {
        let problems = complete(
            Passkey,
            &[
                ("rpId", "exa mple"),
                ("credentialId", "<b>"),
                ("privateKey", "AAAA"),
            ],
        );
        let names: Vec<_> = problems.unwrap_err().into_iter().map(|p| p.name).collect();
        assert_eq!(
            names,
            ["fields.rpId", "fields.credentialId", "fields.privateKey"]
        );
    }
}
