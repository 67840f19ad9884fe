//! Licence files: none is accepted but ours, and ours means one thing.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use license::verdict::{Circumstances, judge};
use license::vtlic::{License, LicensePublicKey};
use time::macros::datetime;

static KEYS: LazyLock<Vec<LicensePublicKey>> = LazyLock::new(|| {
    let texts = [
        include_str!("../../tests/golden/vendor.pub"),
        include_str!("../../tests/golden/composite.pub"),
    ];
    LicensePublicKey::all_from_text(&texts.concat()).expect("they were made by our tool")
});

static OURS: LazyLock<Vec<License>> = LazyLock::new(|| {
    let files: [&[u8]; 2] = [
        include_bytes!("../../tests/golden/ed25519.vtlic"),
        include_bytes!("../../tests/golden/composite.vtlic"),
    ];
    let open = |file| License::open(file, &KEYS).expect("it was made by our tool");
    files.map(open).to_vec()
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(license) = License::open(bytes, &KEYS) {
        assert!(OURS.contains(&license), "a forgery");
    }
    let now = Circumstances::looking(datetime!(2026-06-01 00:00 UTC));
    let judgement = judge(bytes, &KEYS, &now);
    assert_eq!(judgement.license.is_none(), judgement.state.is_none());
    assert_eq!(judgement.verdict.is_fatal(), judgement.accepted().is_err());
});
