//! The bytes of an entry that are authenticated.
//!
//! They never change for a row once written, so they carry a version, and a later version is an
//! additional function. Version 1: each field in the order below, its length before it as 8 bytes
//! big-endian. Times are microseconds since 1970; `detail` is JSON with sorted keys and no spaces.

use serde_json::Value;
use time::OffsetDateTime;

/// The version that new rows get.
pub(super) const VERSION: i16 = 1;

/// Version 1.
pub(super) fn bytes(seq: i64, at: OffsetDateTime, action: &str, detail: &Value) -> Vec<u8> {
    let micros = at.unix_timestamp_nanos() / 1000;
    let mut out = b"vaultterm platform audit v1\0".to_vec();
    // serde_json keeps the keys of an object sorted.
    let detail = detail.to_string();
    let fields: [&[u8]; 4] = [
        &seq.to_be_bytes(),
        &micros.to_be_bytes(),
        action.as_bytes(),
        detail.as_bytes(),
    ];
    for field in fields {
        let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(field);
    }
    out
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;
    use time::macros::datetime;

    #[test]
    fn version_one_is_frozen() {
        let bytes = super::bytes(
            5,
            datetime!(2026-11-23 12:00:00.000001 UTC),
            "license.changed",
            &serde_json::json!({"b": 1, "a": "ä"}),
        );
        insta::assert_snapshot!(hex::encode(sha2::Sha256::digest(bytes)));
    }
}
