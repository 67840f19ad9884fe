//! A manifest whose signature holds may still be hostile: what parses must write itself again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use offline::{Inventory, Manifest};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        let again = manifest.to_bytes().expect("it was read");
        assert_eq!(Manifest::parse(&again).expect("it was written"), manifest);
        let _needs = manifest.needs();
        let _sizes = (manifest.total_size(), manifest.body_size(), manifest.uncompressed_size());
    }
    let _inventory = Inventory::parse(bytes);
});
