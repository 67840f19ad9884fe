//! The rules of the envelope and of one signature, with keys made on the spot. `tests/` has the rest.

use ed25519_dalek::{Signer as _, SigningKey};
use time::macros::datetime;

use super::{
    Algorithm, Error, License, LicenseKeyId, LicensePublicKey, Payload, Tier, envelope_for,
};
use crate::dsse::{Envelope, pre_authentication_encoding};
use crate::ed25519;

/// A year from 2026-01-01, two weeks of grace, counter 3.
pub(crate) fn payload() -> Payload {
    Payload {
        id: "0193".into(),
        customer: "Example & Söhne".into(),
        tier: Tier::Team,
        seats: 25,
        features: vec![],
        issued: datetime!(2025-12-20 10:00 UTC),
        not_before: datetime!(2026-01-01 00:00 UTC),
        expires: datetime!(2027-01-01 00:00 UTC),
        maintenance_ends: datetime!(2027-01-01 00:00 UTC),
        grace_days: 14,
        counter: 3,
        renews: None,
        hosts: vec![],
        algorithm: Algorithm::Ed25519,
        key_id: LicenseKeyId::of(&public(&key(1))),
        mldsa_key_id: None,
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(key: &SigningKey) -> ed25519::PublicKey {
    ed25519::PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap()
}

fn trusted() -> Vec<LicensePublicKey> {
    vec![LicensePublicKey::new(public(&key(1)))]
}

fn sign(body: &[u8], payload_type: &str) -> Envelope {
    let signature = key(1).sign(&pre_authentication_encoding(payload_type, body));
    let id = LicenseKeyId::of(&public(&key(1)));
    envelope_for(body, &[(id, signature.to_bytes().to_vec())])
}

fn file(payload: &Payload) -> Vec<u8> {
    let body = serde_json::to_vec(payload).unwrap();
    serde_json::to_vec(&sign(&body, super::PAYLOAD_TYPE)).unwrap()
}

fn refusal(bytes: &[u8]) -> Error {
    License::open(bytes, &trusted()).unwrap_err()
}

#[test]
fn a_good_licence_opens_to_what_was_signed() {
    let opened = License::open(&file(&payload()), &trusted()).unwrap();
    assert_eq!(opened.payload(), &payload());
}

#[test]
fn formatting_of_the_envelope_does_not_matter() {
    let envelope: Envelope = serde_json::from_slice(&file(&payload())).unwrap();
    let pretty = serde_json::to_vec_pretty(&envelope).unwrap();
    assert!(License::open(&pretty, &trusted()).is_ok());
}

#[test]
fn fields_of_a_later_version_are_ignored() {
    let mut value = serde_json::to_value(payload()).unwrap();
    value["colour"] = "green".into();
    let body = serde_json::to_vec(&value).unwrap();
    let bytes = serde_json::to_vec(&sign(&body, super::PAYLOAD_TYPE)).unwrap();
    assert!(License::open(&bytes, &trusted()).is_ok());
}

#[test]
fn a_licence_without_an_end_of_maintenance_means_its_term() {
    let mut value = serde_json::to_value(payload()).unwrap();
    value.as_object_mut().unwrap().remove("maintenanceEnds");
    value["expires"] = "2028-05-06T07:08:09Z".into();
    let body = serde_json::to_vec(&value).unwrap();
    let bytes = serde_json::to_vec(&sign(&body, super::PAYLOAD_TYPE)).unwrap();
    let opened = License::open(&bytes, &trusted()).unwrap();
    let ends = datetime!(2028-05-06 07:08:09 UTC);
    assert_eq!(opened.payload().maintenance_ends, ends);
}

#[test]
fn whether_a_release_may_be_run_is_asked_of_signed_dates() {
    let opened = License::open(&file(&payload()), &trusted()).unwrap();
    let ends = payload().maintenance_ends;
    let second = time::Duration::seconds(1);
    assert_eq!(opened.may_run(ends - second), Ok(()));
    for released in [ends, ends + second] {
        assert_eq!(
            opened.may_run(released),
            Err(super::MaintenanceEnded { ends, released })
        );
    }
}

#[test]
fn strangers_and_other_purposes_are_refused() {
    let stranger = vec![LicensePublicKey::new(public(&key(2)))];
    let bytes = file(&payload());
    assert!(matches!(
        License::open(&bytes, &stranger),
        Err(Error::UnknownKey(_))
    ));
    assert!(matches!(License::open(&bytes, &[]), Err(Error::NoKeys)));

    let mut envelope = sign(
        &serde_json::to_vec(&payload()).unwrap(),
        "application/other",
    );
    let signed_for_other = serde_json::to_vec(&envelope).unwrap();
    assert!(matches!(refusal(&signed_for_other), Error::Forged));
    envelope.payload_type = "application/other".into();
    assert!(matches!(
        refusal(&serde_json::to_vec(&envelope).unwrap()),
        Error::Purpose(_)
    ));
}

#[test]
fn the_number_of_signatures_is_part_of_the_licence() {
    let mut envelope: Envelope = serde_json::from_slice(&file(&payload())).unwrap();
    envelope.signatures.push(envelope.signatures[0].clone());
    let twice = serde_json::to_vec(&envelope).unwrap();
    assert!(matches!(
        refusal(&twice),
        Error::SignatureCount {
            expected: 1,
            found: 2
        }
    ));
    envelope.signatures.clear();
    let none = serde_json::to_vec(&envelope).unwrap();
    assert!(matches!(
        refusal(&none),
        Error::SignatureCount {
            expected: 1,
            found: 0
        }
    ));
}

#[test]
fn a_composite_licence_is_never_accepted_on_one_signature() {
    let composite = Payload {
        algorithm: Algorithm::Composite,
        mldsa_key_id: Some(LicenseKeyId::of(&public(&key(2)))),
        ..payload()
    };
    assert!(matches!(
        refusal(&file(&composite)),
        Error::SignatureCount {
            expected: 2,
            found: 1
        }
    ));
}

#[test]
fn a_payload_that_names_another_key_is_forged() {
    let other = Payload {
        key_id: LicenseKeyId::of(&public(&key(2))),
        ..payload()
    };
    assert!(matches!(refusal(&file(&other)), Error::Forged));
}

#[test]
fn contradictions_are_refused_even_when_signed() {
    let cases = [
        Payload {
            seats: 0,
            ..payload()
        },
        Payload {
            customer: "  ".into(),
            ..payload()
        },
        Payload {
            expires: payload().not_before,
            ..payload()
        },
    ];
    for case in cases {
        assert!(matches!(refusal(&file(&case)), Error::Inconsistent(_)));
    }
}

#[test]
fn rubbish_is_refused_without_a_panic() {
    for bytes in [
        &b""[..],
        b"{}",
        b"[]",
        b"\xff\xfe",
        b"null",
        &[b'{'; 60_000],
    ] {
        assert!(License::open(bytes, &trusted()).is_err());
    }
}

#[test]
fn messages_carry_no_control_characters_of_the_file() {
    let mut envelope = sign(b"{}", super::PAYLOAD_TYPE);
    envelope.signatures[0].keyid = "\u{1b}[2Jred".into();
    let text = refusal(&serde_json::to_vec(&envelope).unwrap()).to_string();
    assert!(!text.contains('\u{1b}'), "{text}");
}
