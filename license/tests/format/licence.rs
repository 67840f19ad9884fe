//! What a licence may say, and what key files may.

use license::KeyFileError;
use license::vtlic::{Algorithm, Error, License, LicensePublicKey, Payload};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::support::{BOTH, Vendor, text, vendor};

fn open_body(vendor: &Vendor, body: &[u8]) -> Result<License, Error> {
    License::open(&text(&vendor.envelope(body)), &[vendor.public()])
}

/// The vendor's payload with a field put in, or taken out.
fn with(vendor: &Vendor, name: &str, value: Value) -> Vec<u8> {
    let mut payload = serde_json::to_value(vendor.payload()).unwrap();
    if value.is_null() {
        payload.as_object_mut().unwrap().remove(name);
    } else {
        payload[name] = value;
    }
    serde_json::to_vec(&payload).unwrap()
}

#[test]
fn a_licence_says_what_was_signed_however_the_file_is_formatted() {
    for algorithm in BOTH {
        let vendor = vendor(algorithm, 1);
        let payload = vendor.payload();
        let envelope = vendor.envelope(&serde_json::to_vec(&payload).unwrap());
        let compact = serde_json::to_vec(&envelope).unwrap();
        let mut fields = serde_json::to_value(&envelope).unwrap();
        let entries = fields["signatures"].take();
        let reordered = format!(
            "\n\t{{ \"signatures\" : {entries},\n\"payload\":{}, \"payloadType\":{} }}\n\n",
            fields["payload"], fields["payloadType"]
        );
        let escaped = String::from_utf8(compact.clone())
            .unwrap()
            .replace("application/", "\\u0061pplication\\/");
        let opened = License::open(&compact, &[vendor.public()]).unwrap();
        assert_eq!(opened.payload(), &payload);
        for other in [
            text(&envelope),
            reordered.into_bytes(),
            escaped.into_bytes(),
        ] {
            let again = License::open(&other, &[vendor.public()]).unwrap();
            assert_eq!(again, opened);
            assert_eq!(again.digest(), opened.digest());
        }
        let signed = vendor.signatures(license::vtlic::PAYLOAD_TYPE, opened.body());
        let all: Vec<u8> = signed.into_iter().flat_map(|(_, bytes)| bytes).collect();
        assert_eq!(opened.signature(), all);
    }
}

#[test]
fn fields_of_a_later_version_are_kept_and_ignored() {
    let vendor = Vendor::plain(1);
    let body = with(
        &vendor,
        "later",
        json!({"a": [1.5, null, true], "b": {"c": "d"}}),
    );
    let opened = open_body(&vendor, &body).unwrap();
    assert_eq!(opened.payload(), &vendor.payload());
    assert_eq!(opened.body(), body);
}

#[test]
fn each_rule_of_the_payload_is_kept() {
    let vendor = Vendor::plain(1);
    let word = "w".repeat(65);
    let refused = [
        ("id", json!("")),
        ("id", json!(word)),
        ("id", json!("a b")),
        ("id", Value::Null),
        ("renews", json!("a\nb")),
        ("customer", json!("  ")),
        ("customer", json!("x".repeat(201))),
        ("customer", json!("a\u{1b}[2J")),
        ("tier", json!("platinum")),
        ("tier", json!("Team")),
        ("seats", json!(0)),
        ("seats", json!(-1)),
        ("seats", json!(1.0)),
        ("seats", json!("25")),
        ("seats", json!(u64::from(u32::MAX) + 1)),
        ("features", json!(vec!["f"; 65])),
        ("features", json!([""])),
        ("features", json!("sftp")),
        ("hosts", json!(vec!["f"; 65])),
        ("hosts", json!([word])),
        ("hosts", json!(["a b"])),
        ("issued", json!("2025-12-20T10:00:00+00:00")),
        ("issued", json!("2025-12-20T10:00:00.5Z")),
        ("notBefore", json!("2026-01-01")),
        ("notBefore", json!(1_767_225_600)),
        ("expires", json!("2026-01-01T00:00:00Z")),
        ("expires", Value::Null),
        ("maintenanceEnds", json!("soon")),
        ("graceDays", json!(65_536)),
        ("graceDays", Value::Null),
        ("counter", json!(1_u64 << 53)),
        ("counter", json!(-1)),
        ("algorithm", json!("none")),
        ("algorithm", json!("ED25519")),
        ("algorithm", Value::Null),
        ("mldsaKeyId", json!("0000000000000000")),
    ];
    for (name, value) in refused {
        let body = with(&vendor, name, value.clone());
        let error = open_body(&vendor, &body).unwrap_err();
        assert!(
            matches!(error, Error::Payload(_) | Error::Inconsistent(_)),
            "{name} = {value}: {error}"
        );
    }
    let accepted = [
        ("customer", json!("x".repeat(200))),
        ("customer", json!("Günther & Söhne \"Golden\" GmbH")),
        ("seats", json!(u32::MAX)),
        ("features", json!(vec!["f"; 64])),
        ("features", Value::Null),
        ("hosts", json!(["a".repeat(64)])),
        ("hosts", Value::Null),
        ("graceDays", json!(0)),
        ("counter", json!((1_u64 << 53) - 1)),
        ("expires", json!("9999-12-31T23:59:59Z")),
        ("maintenanceEnds", json!("2000-01-01T00:00:00Z")),
        ("renews", json!("01a209a1-2e84-735e-aa0d-54c415b13c8a")),
    ];
    for (name, value) in accepted {
        let body = with(&vendor, name, value.clone());
        assert!(open_body(&vendor, &body).is_ok(), "{name} = {value}");
    }
}

#[test]
fn a_signed_payload_has_one_meaning() {
    let vendor = Vendor::plain(1);
    let good = String::from_utf8(serde_json::to_vec(&vendor.payload()).unwrap()).unwrap();
    let deep = format!("{{\"later\":{}1{},", "[".repeat(20), "]".repeat(20));
    let refused = [
        good.replacen('{', "{\"seats\":9999,", 1),
        good.replacen('{', "{\"se\\u0061ts\":9999,", 1),
        good.replacen('{', "{\"later\":1,\"later\":2,", 1),
        good.replacen('{', "{\"later\":{\"a\":1,\"a\":2},", 1),
        good.replacen('{', &deep, 1),
        format!("\u{feff}{good}"),
        format!("[{good}]"),
        format!("{good}{good}"),
        "[]".to_owned(),
        String::new(),
    ];
    for body in refused {
        let error = open_body(&vendor, body.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Payload(_)), "{body}: {error}");
    }
}

#[test]
fn maintenance_is_compared_with_the_release_and_nothing_else() {
    let vendor = Vendor::composite(1);
    let opened = open_body(&vendor, &serde_json::to_vec(&vendor.payload()).unwrap()).unwrap();
    assert!(opened.may_run(datetime!(2026-06-30 23:59:59 UTC)).is_ok());
    let refused = opened.may_run(datetime!(2026-07-01 00:00 UTC)).unwrap_err();
    assert_eq!(refused.ends, datetime!(2026-07-01 00:00 UTC));
}

#[test]
fn a_key_file_holds_keys_of_both_kinds() {
    let (plain, both) = (Vendor::plain(1).public(), Vendor::composite(2).public());
    let text = plain.to_file_text("first") + &both.to_file_text("second");
    let keys = LicensePublicKey::all_from_text(&text).unwrap();
    assert_eq!(keys, [plain.clone(), both.clone()]);
    assert_eq!(keys[1].algorithm(), Algorithm::Composite);
    // The same as two values of one line each.
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(' ')).collect();
    let [one, two, half] = lines[..] else {
        panic!("{lines:?}")
    };
    for ed25519 in [
        format!("{one} {two}"),
        format!("{one},{two}"),
        format!("{one}\n{two}"),
    ] {
        let keys = LicensePublicKey::all_from_texts(&ed25519, Some(half)).unwrap();
        assert_eq!(keys, [plain.clone(), both.clone()]);
    }
    let refused = [
        (half, None),
        (one, Some(half)),
        ("", Some(half)),
        (one, Some("hello")),
        (&text[..text.len() - 10], None),
    ];
    for (ed25519, mldsa) in refused {
        assert!(LicensePublicKey::all_from_texts(ed25519, mldsa).is_err());
    }
    let twice = LicensePublicKey::all_from_texts(two, Some(&format!("{half}\n{half}")));
    assert!(matches!(twice, Err(KeyFileError::Unpaired(_))), "{twice:?}");
}

#[test]
fn the_half_of_a_composite_key_is_believed_alone_only_when_that_is_said() {
    let half = Vendor::plain(1);
    let file = half.file(&half.payload());
    let composite = Vendor::composite(1).public();
    assert!(License::open(&file, std::slice::from_ref(&composite)).is_err());
    let text = composite.to_file_text("both") + &half.public().to_file_text("and alone");
    let keys = LicensePublicKey::all_from_text(&text).unwrap();
    assert!(License::open(&file, &keys).is_ok());
    let whole = Vendor::composite(1);
    assert!(License::open(&whole.file(&whole.payload()), &keys).is_ok());
}

#[test]
fn licences_of_the_old_key_keep_verifying_beside_a_composite_one() {
    let (old, new) = (Vendor::plain(1), Vendor::composite(2));
    let trusted = [old.public(), new.public()];
    for vendor in [old, new] {
        let payload: Payload = vendor.payload();
        assert!(License::open(&vendor.file(&payload), &trusted).is_ok());
    }
}
