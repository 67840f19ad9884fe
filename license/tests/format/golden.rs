//! Files that were written once and must be read for ever.

use license::verdict::{Circumstances, judge};
use license::vtlic::{Algorithm, License, LicensePublicKey};
use time::macros::datetime;

const LICENSE: &[u8] = include_bytes!("../golden/ed25519.vtlic");
const KEY: &str = include_str!("../golden/vendor.pub");

#[test]
fn the_first_format_is_read_and_means_the_same() {
    let keys = LicensePublicKey::all_from_text(KEY).unwrap();
    let license = License::open(LICENSE, &keys).unwrap();
    let payload = license.payload();
    assert_eq!(payload.customer, "Günther & Söhne \"Golden\" GmbH");
    assert_eq!((payload.tier.as_str(), payload.seats), ("team", 25));
    assert_eq!((payload.counter, payload.grace_days), (3, 14));
    assert_eq!(payload.not_before, datetime!(2026-01-01 00:00 UTC));
    // The last day counts in full.
    assert_eq!(payload.expires, datetime!(2027-01-01 00:00 UTC));
    assert_eq!(payload.maintenance_ends, payload.expires);
    let now = datetime!(2026-12-01 12:00 UTC);
    let judgement = judge(LICENSE, &keys, &Circumstances::looking(now));
    assert_eq!(judgement.verdict.as_str(), "valid");
}

#[test]
fn a_composite_licence_is_read_and_means_the_same() {
    const LICENSE: &[u8] = include_bytes!("../golden/composite.vtlic");
    const KEY: &str = include_str!("../golden/composite.pub");
    let keys = LicensePublicKey::all_from_text(KEY).unwrap();
    let license = License::open(LICENSE, &keys).unwrap();
    let payload = license.payload();
    assert_eq!(payload.algorithm, Algorithm::Composite);
    assert_eq!((payload.tier.as_str(), payload.seats), ("enterprise", 250));
    assert_eq!((payload.counter, payload.grace_days), (7, 14));
    assert_eq!(payload.hosts, ["4f3c2b1a"]);
    assert_eq!(payload.maintenance_ends, datetime!(2026-07-01 00:00 UTC));
    assert_eq!(
        hex::encode(license.digest()),
        "29e714b555108951403a5c5b1b82532d494714260376e3b685429f8df4b86d10"
    );
    // It is the word of both halves or of none.
    let half = LicensePublicKey::new(keys[0].ed25519().clone());
    assert!(License::open(LICENSE, &[half]).is_err());
}

#[test]
fn a_rotation_is_followed_from_the_key_before() {
    const BEFORE: &str = include_str!("../golden/before.pub");
    const STATEMENT: &str = include_str!("../golden/rotation.line");
    const AFTER: &str = include_str!("../golden/composite.pub");
    let before = LicensePublicKey::all_from_text(BEFORE).unwrap();
    let after = LicensePublicKey::all_from_text(AFTER).unwrap();
    let grown = license::rotation::follow(&before, STATEMENT).unwrap();
    assert_eq!(grown, [before, after].concat());
}
