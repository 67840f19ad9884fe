//! A record of each type whose concealed fields all hold something that stands nowhere else.

use std::sync::LazyLock;

use pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::{Value, json};

/// Keys that open nothing, made for this run.
static SSH_KEY: LazyLock<String> = LazyLock::new(|| {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&seed());
    let key = ssh_key::PrivateKey::from(pair);
    let text = key.to_openssh(LineEnding::LF).unwrap();
    text.as_str().to_owned()
});
static PASSKEY: LazyLock<String> = LazyLock::new(|| {
    let key = p256::SecretKey::from_slice(&seed()).unwrap();
    let text = key.to_pkcs8_pem(LineEnding::LF).unwrap();
    text.as_str().to_owned()
});

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    // Below the order of the curve.
    seed[0] &= 0x7f;
    seed
}

/// What is planted in the concealed fields of a type.
fn concealed(kind: &str) -> Value {
    match kind {
        "PASSWORD" => json!({"password": "canary-password-4d1f"}),
        "API_KEY" => json!({"key": "canary-key-8a2b"}),
        "SSH_KEY" => json!({"privateKey": *SSH_KEY}),
        "ENV_VAR" => json!({"value": "canary-value-1c3d"}),
        "SECURE_NOTE" => json!({"body": "canary-body-5e4f"}),
        "TOTP" => json!({"otpauth": "otpauth://totp/Mail:ada?secret=JBSWY3DPEHPK3PXPCANARYKW"}),
        "PAYMENT_CARD" => json!({"number": "4000056655665556", "pin": "739182640518"}),
        "IDENTITY" => json!({
            "address": "canary-street-7b5a", "nationalId": "canary-national-9c6b",
            "passport": "canary-passport-2d7c", "drivingLicence": "canary-licence-3e8d",
        }),
        "PASSKEY" => json!({"privateKey": *PASSKEY, "userHandle": "Y2FuYXJ5LWhhbmRsZQ"}),
        other => panic!("{other} is a type: say here what is concealed in it"),
    }
}

/// What else such a record has to have.
fn open(kind: &str) -> Value {
    match kind {
        "ENV_VAR" => json!({"variable": "PATH"}),
        "PASSKEY" => json!({"rpId": "example.com", "credentialId": "AQID"}),
        _ => json!({}),
    }
}

/// What is in a file that is attached to such a record.
pub(super) const FILE: &str = "canary-file-8c5d";

/// A link to everything that is concealed in such a record, as a request describes it.
pub(super) fn link(fields: &[String]) -> Value {
    let ends = crate::kernel::Clock::system().now() + time::Duration::days(1);
    let ends = ends.format(&time::format_description::well_known::Rfc3339);
    json!({"fields": fields, "uses": 100, "expiresAt": ends.unwrap()})
}

/// A record of a type, as a request describes it. It is closed once a file and a link hang on it.
pub(super) fn record(kind: &str) -> Value {
    let (mut fields, concealed) = (open(kind), concealed(kind));
    let all = fields.as_object_mut().unwrap();
    all.extend(concealed.as_object().unwrap().clone());
    if kind != "SECURE_NOTE" {
        all.insert("notes".to_owned(), json!("canary-notes-6f9e"));
    }
    json!({
        "type": kind, "name": format!("planted {kind}"), "fields": fields,
        "customFields": [{"label": "PIN", "kind": "hidden", "value": "canary-hidden-0a1b"}],
    })
}

/// The names of the fields that are concealed in such a record.
pub(super) fn names(kind: &str) -> Vec<String> {
    let mut names: Vec<String> = concealed(kind)
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    if kind != "SECURE_NOTE" {
        names.push("notes".to_owned());
    }
    names
}

/// What may stand in no answer about one of them.
pub(super) fn canaries(kind: &str) -> Vec<String> {
    let concealed = concealed(kind);
    let mut all = vec![
        "canary-notes-6f9e".to_owned(),
        "canary-hidden-0a1b".to_owned(),
        FILE.to_owned(),
    ];
    for value in concealed.as_object().unwrap().values() {
        let text = value.as_str().unwrap();
        // Of a key, the lines that hold its private half, and that there is one at all.
        match text.split_once("PRIVATE KEY-----\n") {
            None => all.push(text.to_owned()),
            Some((_, body)) => {
                all.push("PRIVATE KEY".to_owned());
                let lines = body.lines().filter(|line| line.len() > 20);
                all.extend(lines.map(str::to_owned));
            }
        }
    }
    if kind == "TOTP" {
        all.push("JBSWY3DPEHPK3PXPCANARYKW".to_owned());
    }
    all
}
