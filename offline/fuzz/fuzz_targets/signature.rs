//! Signature and key files are the first thing that is parsed of anything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use license::minisign::{PublicKey, Signature};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let signature = Signature::parse(text);
    let _several = Signature::parse_all(text);
    if let (Ok(signature), Ok(keys)) = (signature, PublicKey::all_from_text(text)) {
        for key in keys {
            assert!(key.verify(&[0; 64], &signature).is_err(), "a forgery");
        }
    }
});
