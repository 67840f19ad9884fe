//! One key after the other.

use license::KeyFileError;
use license::dsse::Envelope;
use license::rotation::{ROTATION_TYPE, RotationError, follow, statement, successor};
use license::vtlic::{License, LicensePublicKey, PAYLOAD_TYPE, envelope_of};
use time::macros::datetime;

use crate::support::{BOTH, Vendor, vendor};

fn signed(by: &[&Vendor], payload_type: &str, body: &[u8]) -> Envelope {
    let signatures: Vec<_> = by
        .iter()
        .flat_map(|vendor| vendor.signatures(payload_type, body))
        .collect();
    envelope_of(payload_type, body, &signatures)
}

fn body(old: &Vendor, new: &Vendor) -> Vec<u8> {
    let issued = datetime!(2026-05-06 07:08:09 UTC);
    statement(&old.public(), &new.public(), issued).unwrap()
}

fn line(envelope: &Envelope) -> String {
    serde_json::to_string(envelope).unwrap()
}

fn good(old: &Vendor, new: &Vendor) -> String {
    line(&signed(&[old, new], ROTATION_TYPE, &body(old, new)))
}

#[test]
fn trust_grows_by_a_statement_of_both_keys() {
    for (from, to) in [(BOTH[0], BOTH[0]), (BOTH[0], BOTH[1]), (BOTH[1], BOTH[1])] {
        let (old, new) = (vendor(from, 1), vendor(to, 2));
        let trusted = [old.public()];
        let licence = new.file(&new.payload());
        assert!(License::open(&licence, &trusted).is_err());
        let grown = follow(&trusted, &good(&old, &new)).unwrap();
        assert_eq!(grown, [old.public(), new.public()]);
        assert!(License::open(&licence, &grown).is_ok());
        assert!(License::open(&old.file(&old.payload()), &grown).is_ok());
        // The same statement in a key file, and once more.
        let text = old.public().to_file_text("old") + &good(&old, &new);
        assert_eq!(LicensePublicKey::all_from_text(&text).unwrap(), grown);
        // And in one line, as a variable has it.
        let lines = text.lines().filter(|line| !line.starts_with("untrusted"));
        let line = lines.collect::<Vec<_>>().join(" ");
        assert_eq!(LicensePublicKey::all_from_text(&line).unwrap(), grown);
        assert_eq!(follow(&grown, &good(&old, &new)).unwrap(), grown);
    }
}

#[test]
fn statements_are_a_chain() {
    let keys: Vec<Vendor> = (1..6).map(Vendor::plain).collect();
    let lines: Vec<String> = keys
        .windows(2)
        .map(|pair| good(&pair[0], &pair[1]))
        .collect();
    let text = format!("untrusted comment: keys of ours\n\n{}\n", lines.join("\n"));
    let grown = follow(&[keys[0].public()], &text).unwrap();
    assert_eq!(grown.len(), 5);
    let turned: Vec<String> = lines.iter().rev().cloned().collect();
    assert_eq!(
        follow(&[keys[0].public()], &turned.join("\n")),
        Err(RotationError::UnknownKey)
    );
    let many = format!("{}\n", lines[0]).repeat(40);
    assert_eq!(
        follow(&[keys[0].public()], &many),
        Err(RotationError::TooMany)
    );
}

#[test]
fn nobody_else_introduces_a_key() {
    for (from, to) in [(BOTH[0], BOTH[0]), (BOTH[0], BOTH[1]), (BOTH[1], BOTH[1])] {
        let (old, new, stranger) = (vendor(from, 1), vendor(to, 2), vendor(to, 3));
        let body = body(&old, &new);
        let trusted = [old.public()];
        let refusal = |envelope: &Envelope| successor(line(envelope).as_bytes(), &trusted);
        let cases: [(&[&Vendor], RotationError); 7] = [
            (&[], RotationError::Forged),
            (&[&old], RotationError::Forged),
            (&[&new], RotationError::UnknownKey),
            (&[&new, &old], RotationError::UnknownKey),
            (&[&old, &old], RotationError::Forged),
            (&[&old, &stranger], RotationError::Forged),
            (&[&old, &new, &stranger], RotationError::Forged),
        ];
        for (signers, expected) in cases {
            let refused = refusal(&signed(signers, ROTATION_TYPE, &body));
            assert_eq!(refused, Err(expected), "{} signers", signers.len());
        }
        // A signature over a licence is none over a statement.
        let mut other = signed(&[&old, &new], PAYLOAD_TYPE, &body);
        assert_eq!(refusal(&other), Err(RotationError::Envelope));
        other.payload_type = ROTATION_TYPE.to_owned();
        assert_eq!(refusal(&other), Err(RotationError::Forged));
        // One that stands in another's name.
        let claimed = super::rotation::body(&stranger, &new);
        let refused = refusal(&signed(&[&old, &new], ROTATION_TYPE, &claimed));
        assert_eq!(refused, Err(RotationError::Forged));
        // Signed, and no statement.
        let refused = refusal(&signed(&[&old, &new], ROTATION_TYPE, b"{}"));
        assert_eq!(refused, Err(RotationError::Payload));
    }
}

#[test]
fn every_byte_of_a_statement_counts() {
    for algorithm in BOTH {
        let (old, new) = (vendor(algorithm, 1), vendor(algorithm, 2));
        let text = good(&old, &new).into_bytes();
        // A sample of the long one, which has five thousand bytes for each signature.
        let step = if algorithm == BOTH[0] { 1 } else { 7 };
        for position in (0..text.len()).step_by(step) {
            let mut forged = text.clone();
            forged[position] ^= 1 << (position % 8);
            assert!(
                successor(&forged, &[old.public()]).is_err(),
                "byte {position}"
            );
        }
    }
}

#[test]
fn a_composite_key_is_followed_by_nothing_weaker() {
    let (old, new) = (Vendor::composite(1), Vendor::plain(2));
    assert_eq!(
        successor(good(&old, &new).as_bytes(), &[old.public()]),
        Err(RotationError::Weaker)
    );
    // Nor does one half of it introduce a key.
    let half = Vendor::plain(1);
    let next = Vendor::composite(3);
    assert_eq!(
        successor(good(&half, &next).as_bytes(), &[old.public()]),
        Err(RotationError::Forged)
    );
    // And no key becomes another one under the same name.
    let upgraded = Vendor::composite(1);
    assert_eq!(
        successor(good(&half, &upgraded).as_bytes(), &[half.public()]),
        Err(RotationError::Known)
    );
    let text = old.public().to_file_text("old") + &good(&half, &next);
    assert!(matches!(
        LicensePublicKey::all_from_text(&text),
        Err(KeyFileError::Rotation(RotationError::Forged))
    ));
}
