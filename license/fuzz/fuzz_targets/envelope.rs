//! Envelopes: what is read once is written and read again with the same meaning.
#![no_main]

use libfuzzer_sys::fuzz_target;
use license::dsse::{Envelope, pre_authentication_encoding};

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::parse(bytes) else {
        return;
    };
    let text = serde_json::to_vec(&envelope).expect("it is an envelope");
    let again = Envelope::parse(&text).expect("we wrote it");
    assert_eq!(envelope.payload_type, again.payload_type);
    assert_eq!(envelope.signatures.len(), again.signatures.len());
    if let Ok(body) = envelope.payload_bytes() {
        assert_eq!(body, again.payload_bytes().expect("it was base64"));
        let signed = pre_authentication_encoding(&envelope.payload_type, &body);
        assert!(signed.ends_with(&body));
    }
});
