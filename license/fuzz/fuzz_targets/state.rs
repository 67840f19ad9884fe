//! States: none opens but what was sealed, and what reads without a key seals and opens to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use license::state::{State, StateKey};

fuzz_target!(|bytes: &[u8]| {
    // The key of the corpus is another one.
    let key = StateKey::new([0x5a; 32]);
    assert!(State::open(bytes, &key).is_err(), "a forgery");
    if let Some(state) = State::unsafe_unauthenticated(bytes) {
        if let Ok(opened) = State::open(&state.seal(&key), &key) {
            assert_eq!(opened, state);
        }
    }
});
