use std::io::Write as _;

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::Format;
use super::super::row::ExtraKind;
use super::{SecretType, extra, outline, parse};

fn bitwarden() -> Value {
    json!({
        "encrypted": false,
        "folders": [{"id": "f1", "name": "Work"}],
        "items": [
            {
                "id": "1", "type": 1, "name": "Shop", "favorite": true, "folderId": "f1", "notes": "why",
                "reprompt": 0, "organizationId": null, "collectionIds": null,
                "fields": [
                    {"name": "Customer", "value": "7", "type": 0},
                    {"name": "Pin", "value": "4711", "type": 1},
                    {"name": "Paid", "value": "true", "type": 2},
                    {"name": "Linked", "value": null, "type": 3, "linkedId": 100},
                ],
                "login": {
                    "uris": [{"match": null, "uri": "https://shop.example"}, {"uri": "https://m.shop.example"}],
                    "username": "ada", "password": "secret",
                    "totp": "otpauth://totp/Shop:ada?secret=GEZDGNBVGY3TQOJQ",
                    "fido2Credentials": [{
                        "credentialId": "0a9f3f4e-9b4b-4b1e-a5d1-111111111111", "rpId": "shop.example",
                        "userName": "ada", "userHandle": "YWRh", "keyAlgorithm": "ECDSA", "keyCurve": "P-256",
                        "keyValue": passkey(), "counter": "0", "discoverable": "true",
                    }],
                },
            },
            {"type": 2, "name": "Plan", "notes": "the text", "secureNote": {"type": 0}},
            {"type": 3, "name": "Card", "card": {
                "cardholderName": "Ada", "brand": "Visa", "number": "4111111111111111",
                "expMonth": "5", "expYear": "2031", "code": "123"}},
            {"type": 4, "name": "Me", "identity": {
                "title": "Dr", "firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com",
                "address1": "1 Street", "city": "London", "phone": "+44 20", "username": "ada"}},
            {"type": 5, "name": "Key", "sshKey": {"privateKey": "nonsense", "publicKey": "", "keyFingerprint": ""}},
        ],
    })
}

/// A key as Bitwarden writes it.
fn passkey() -> String {
    use base64::Engine as _;
    use pkcs8::EncodePrivateKey as _;
    let key = p256::SecretKey::from_slice(&[9; 32])
        .unwrap()
        .to_pkcs8_der()
        .unwrap();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key.as_bytes())
}

#[test]
fn bitwarden_has_logins_notes_cards_people_and_keys() {
    let rows = parse(Format::BitwardenJson, bitwarden().to_string().as_bytes()).unwrap();
    assert_eq!(
        outline(&rows),
        [
            (SecretType::Password, "Shop", "Work", true),
            (SecretType::Totp, "Shop", "Work", true),
            (SecretType::Passkey, "Shop", "Work", true),
            (SecretType::SecureNote, "Plan", "", true),
            (SecretType::PaymentCard, "Card", "", true),
            (SecretType::Identity, "Me", "", true),
            (SecretType::SshKey, "Key", "", false),
        ]
    );
    let login = &rows[0];
    assert!(login.favourite);
    assert_eq!(login.get("notes"), "why");
    let extras: Vec<_> = login
        .extras
        .iter()
        .map(|e| (e.label.as_str(), e.kind, e.value.as_str()))
        .collect();
    assert_eq!(
        extras,
        [
            ("Website", ExtraKind::Text, "https://m.shop.example"),
            ("Customer", ExtraKind::Text, "7"),
            ("Pin", ExtraKind::Hidden, "4711"),
            ("Paid", ExtraKind::Boolean, "true"),
        ]
    );
    assert_eq!(rows[2].get("algorithm"), "ES256");
    assert_eq!(
        (rows[4].get("brand"), rows[4].get("expiry")),
        ("Visa", "2031-05")
    );
    assert_eq!(rows[5].get("fullName"), "Dr Ada Lovelace");
    assert_eq!(rows[5].get("address"), "1 Street\nLondon");
    // Which entry of the file it was.
    assert_eq!(
        rows.iter().map(|row| row.line).collect::<Vec<_>>(),
        [1, 1, 1, 2, 3, 4, 5]
    );
}

#[test]
fn an_encrypted_export_is_refused_with_what_to_do() {
    let file = json!({"encrypted": true, "passwordProtected": true, "data": "2.abc"}).to_string();
    let refusal = parse(Format::BitwardenJson, file.as_bytes()).err().unwrap();
    assert!(refusal.to_string().contains("must not be encrypted"));
}

pub(super) fn onepux(data: &Value) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, text) in [
        ("export.attributes", "{\"version\":3}".to_owned()),
        ("export.data", data.to_string()),
    ] {
        archive.start_file(name, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn onepassword_has_categories_sections_and_tags() {
    let data = json!({"accounts": [{"attrs": {"name": "Ada"}, "vaults": [{
        "attrs": {"uuid": "v", "name": "Private", "type": "P"},
        "items": [
            {
                "uuid": "a", "favIndex": 1, "state": "active", "categoryUuid": "001",
                "details": {
                    "loginFields": [
                        {"value": "ada", "designation": "username", "fieldType": "T", "name": "user"},
                        {"value": "secret", "designation": "password", "fieldType": "P", "name": "pw"},
                        {"value": "yes", "fieldType": "T", "name": "remember"},
                    ],
                    "notesPlain": "why",
                    "sections": [{"title": "More", "name": "s", "fields": [
                        {"title": "one-time password", "id": "TOTP_1", "value": {"totp": "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ"}},
                        {"title": "recovery", "id": "r", "value": {"concealed": "abc-def"}},
                        {"title": "born", "id": "b", "value": {"date": 0}},
                    ]}],
                },
                "overview": {"title": "Shop", "url": "https://shop.example",
                    "urls": [{"label": "website", "url": "https://shop.example"}], "tags": ["a", "b"]},
            },
            {
                "categoryUuid": "002", "overview": {"title": "Card", "tags": []},
                "details": {"notesPlain": "", "sections": [{"fields": [
                    {"title": "cardholder name", "id": "cardholder", "value": {"string": "Ada"}},
                    {"title": "number", "id": "ccnum", "value": {"creditCardNumber": "4111111111111111"}},
                    {"title": "verification number", "id": "cvv", "value": {"concealed": "123"}},
                    {"title": "expiry date", "id": "expiry", "value": {"monthYear": 203105}},
                ]}]},
            },
            {"categoryUuid": "003", "overview": {"title": "Plan"}, "details": {"notesPlain": "the text"}},
        ],
    }]}]});
    let rows = parse(Format::OnePassword1pux, &onepux(&data)).unwrap();
    assert_eq!(
        outline(&rows),
        [
            (SecretType::Password, "Shop", "Private", true),
            (SecretType::Totp, "Shop", "Private", true),
            (SecretType::PaymentCard, "Card", "Private", true),
            (SecretType::SecureNote, "Plan", "Private", true),
        ]
    );
    assert_eq!(rows[0].tags, ["Private", "a", "b"]);
    assert_eq!(extra(&rows[0], "recovery"), Some("abc-def"));
    assert_eq!(extra(&rows[0], "born"), Some("1970-01-01"));
    assert_eq!(
        (rows[2].get("expiry"), rows[2].get("cvv")),
        ("2031-05", "123")
    );
}
