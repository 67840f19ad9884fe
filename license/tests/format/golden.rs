//! A licence that was issued once and must be read for ever.

use license::verdict::{Circumstances, judge};
use license::vtlic::{License, LicensePublicKey};
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
