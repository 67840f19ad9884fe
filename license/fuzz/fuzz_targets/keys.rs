//! Key files and rotation statements: no key is introduced that ours have not signed for.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use license::rotation::follow;
use license::vtlic::LicensePublicKey;

static BEFORE: LazyLock<Vec<LicensePublicKey>> = LazyLock::new(|| {
    let text = include_str!("../../tests/golden/before.pub");
    LicensePublicKey::all_from_text(text).expect("it was made by our tool")
});

static AFTER: LazyLock<Vec<LicensePublicKey>> = LazyLock::new(|| {
    let text = include_str!("../../tests/golden/composite.pub");
    LicensePublicKey::all_from_text(text).expect("it was made by our tool")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(grown) = follow(&BEFORE, text) {
        let ours = |key| BEFORE.contains(key) || AFTER.contains(key);
        assert!(grown.iter().all(ours), "a forgery");
    }
    if let Ok(keys) = LicensePublicKey::all_from_text(text) {
        for key in keys {
            let again = LicensePublicKey::all_from_text(&key.to_file_text("again"));
            assert_eq!(again.expect("we wrote it"), [key]);
        }
    }
});
