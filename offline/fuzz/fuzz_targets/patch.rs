//! Instructions that nobody wrote: bounded in what they make and in what they take.
#![no_main]

use std::io::Read as _;

use libfuzzer_sys::fuzz_target;
use offline::patch::Applied;
use offline::{Digest, Patch};

const BASE: &[u8] = include_bytes!("../../tests/golden/bundle-1.0.vtb");

fuzz_target!(|bytes: &[u8]| {
    let promise = Patch {
        target: Digest::of(b"something else"),
        size: 1 << 20,
        base: Digest::of(BASE),
        base_size: BASE.len() as u64,
    };
    for patch in [bytes.to_vec(), [b"VTPATCH1", bytes].concat()] {
        let mut made = Vec::new();
        let applied = Applied::new(promise, patch.as_slice(), BASE).read_to_end(&mut made);
        assert!(applied.is_err(), "another content was accepted");
        assert!(made.len() as u64 <= promise.size);
    }
});
