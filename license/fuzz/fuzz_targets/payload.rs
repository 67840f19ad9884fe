//! Payloads that somebody signed: whatever is read keeps the rules, and means the same when it is
//! written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use license::vtlic::Payload;

fuzz_target!(|bytes: &[u8]| {
    let Ok(payload) = Payload::parse(bytes) else {
        return;
    };
    assert!(payload.check().is_ok());
    assert!(payload.grace_ends() >= payload.expires);
    let text = serde_json::to_vec(&payload).expect("it was JSON");
    assert_eq!(Payload::parse(&text).expect("we wrote it"), payload);
});
