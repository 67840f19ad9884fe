//! Against signatures that minisign itself made; the secret key was thrown away.

use super::{BadSignature, KeyId, PublicKey, Signature, SignatureError, VerifyError};
use crate::KeyFileError;

const PUBLIC: &str = "untrusted comment: minisign public key FF75CE57DE58C545\n\
    RWRFxVjeV851/2VKhKCKsuYJls9275SHR+3WNequb8t4e4OJb8fBe5iO\n";
const SIGNED: &str = "untrusted comment: untrusted words\n\
    RURFxVjeV851/9sS+pfrhbX/HkCI99dUw9Q+DoDhqjxOp/57WaW/kca7KC4X9Zu3jXzFur5nC99V1YQlpM30/wXHj3elEz+//gE=\n\
    trusted comment: product:vaultterm version:1.2.3\n\
    9N//P/RX8WGQrrur0G9d/nS/LvP5xcKx89+SrbB8UWYts/wsiTzYlX4fiSa2cwDHG8GydHfOlp0HjW7rDRdrDg==\n";
const LEGACY: &str = "untrusted comment: signature from minisign secret key\n\
    RWRFxVjeV851/5OCH7xXvnuOuKYiHEV/k//T9/NaCS58Ny+iWVPiM/ASt18BIuYPdtb4Kj05LJWpxBaJmdE8TOs/eUhMIPkiAQk=\n\
    trusted comment: timestamp:1795445504\tfile:m.txt\n\
    yfAOb3umUdT2+X79vJ03MOZKFW2RchJ2mVBmTzMnIxofnxvylVStEssXSbJHSE4B18p5dVrXr/JYswsG5I7KCw==\n";

fn prehash(message: &[u8]) -> [u8; 64] {
    use blake2::Digest as _;
    blake2::Blake2b512::digest(message).into()
}

fn message() -> [u8; 64] {
    prehash(b"hello offline world\n")
}

#[test]
fn a_signature_by_minisign_holds() {
    let key = PublicKey::from_base64_file(PUBLIC).unwrap();
    let signature = Signature::parse(SIGNED).unwrap();
    assert_eq!(key.key_id().to_string(), "FF75CE57DE58C545");
    assert_eq!(
        signature.trusted_comment(),
        "product:vaultterm version:1.2.3"
    );
    assert_eq!(key.verify(&message(), &signature), Ok(()));
}

#[test]
fn another_message_or_comment_does_not() {
    let key = PublicKey::from_base64_file(PUBLIC).unwrap();
    let signature = Signature::parse(SIGNED).unwrap();
    let refused = key.verify(&prehash(b"hello"), &signature);
    assert_eq!(refused, Err(VerifyError::Signature(BadSignature)));
    let edited = Signature::parse(&SIGNED.replace("1.2.3", "1.2.4")).unwrap();
    assert_eq!(
        key.verify(&message(), &edited),
        Err(VerifyError::Comment(BadSignature))
    );
}

#[test]
fn the_legacy_mode_is_refused_by_name() {
    assert_eq!(Signature::parse(LEGACY).err(), Some(SignatureError::Legacy));
}

#[test]
fn a_key_with_another_id_is_told_apart() {
    let key = PublicKey::from_base64_file(PUBLIC).unwrap();
    let renamed = PublicKey::new(KeyId::from_bytes([7; 8]), key.key);
    let signature = Signature::parse(SIGNED).unwrap();
    assert!(matches!(
        renamed.verify(&message(), &signature),
        Err(VerifyError::OtherKey { .. })
    ));
}

#[test]
fn texts_that_are_no_signature_are_refused() {
    let long = format!("{SIGNED}{}", "x".repeat(5000));
    let cases = [
        ("", SignatureError::Lines),
        (SIGNED.trim_end(), SignatureError::Lines),
        (
            &SIGNED.replace("trusted comment: product", "comment: product"),
            SignatureError::Lines,
        ),
        (&format!("{SIGNED}\n"), SignatureError::Lines),
        (&SIGNED.replace("RURF", "RUR?"), SignatureError::Encoding),
        (&SIGNED.replace("9N//", "9N/"), SignatureError::Encoding),
        (&SIGNED.replace("RURF", "UUVF"), SignatureError::Algorithm),
        (&long, SignatureError::TooLong),
    ];
    for (text, expected) in cases {
        assert_eq!(Signature::parse(text).err(), Some(expected), "{text:?}");
    }
}

#[test]
fn every_flipped_bit_of_the_signature_is_noticed() {
    let key = PublicKey::from_base64_file(PUBLIC).unwrap();
    let good = Signature::parse(SIGNED).unwrap();
    for byte in 0..64 {
        for bit in 0..8 {
            let mut damaged = good.clone();
            damaged.signature[byte] ^= 1 << bit;
            assert!(key.verify(&message(), &damaged).is_err());
            let mut damaged = good.clone();
            damaged.global[byte] ^= 1 << bit;
            assert!(key.verify(&message(), &damaged).is_err());
        }
    }
}

#[test]
fn key_files_round_trip_and_wrong_ones_say_why() {
    let key = PublicKey::from_base64_file(PUBLIC).unwrap();
    assert_eq!(
        key.to_file_text("minisign public key FF75CE57DE58C545"),
        PUBLIC
    );
    let lone = PublicKey::from_base64_file(PUBLIC.lines().nth(1).unwrap()).unwrap();
    assert_eq!(lone.key_id(), key.key_id());
    let refused = |text: &str| PublicKey::from_base64_file(text).unwrap_err();
    assert_eq!(refused(""), KeyFileError::Absent);
    assert_eq!(refused("hello"), KeyFileError::Encoding);
    assert!(matches!(
        refused(&PUBLIC.replace("RWRF", "VkxF")),
        KeyFileError::Kind { .. }
    ));
}
