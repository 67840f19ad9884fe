//! What the types ask of their fields and tell of them, one-time codes, and the generator.

use serde_json::{Value, json};

use crate::testing::Server;

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn totp() -> Value {
    json!({
        "type": "TOTP", "name": "Mail",
        "fields": {"otpauth": format!("otpauth://totp/Mail:ada?secret={SEED}&digits=8")},
    })
}

#[tokio::test]
async fn what_follows_from_fields_is_told_and_what_is_wrong_is_named() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let card = json!({
        "type": "PAYMENT_CARD", "name": "Card",
        "fields": {"number": "4111 1111 1111 1111", "expiry": "05/31", "cvv": "123"},
    });
    let path = ada.store(&vault, card).await;
    let card = ada.get(&path).await.expect(200).json();
    assert_eq!(
        card["fields"],
        json!({"brand": "Visa", "lastDigits": "1111", "expiry": "2031-05"})
    );
    let wrong = json!({
        "type": "PAYMENT_CARD", "name": "bank\u{202e}moc",
        "fields": {"number": "4111111111111112", "cvv": "1"},
    });
    let refused = ada.post(&format!("/vaults/{vault}/secrets"), wrong).await;
    let mut fields = refused.expect_problem(422, "invalid").wrong_fields();
    fields.sort_unstable();
    assert_eq!(fields, ["fields.cvv", "fields.number", "name"]);
}

#[tokio::test]
async fn a_code_is_shown_and_recorded_and_its_seed_stays() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = ada.store(&vault, totp()).await;
    let shown = ada
        .post(&format!("{path}/code"), json!({}))
        .await
        .expect(200);
    assert!(!shown.text().contains(SEED));
    let code = shown.json();
    assert_eq!(code["code"].as_str().unwrap().len(), 8);
    assert_eq!(code["period"], 30);
    let trail = ada.get("/audit-events?limit=1").await.expect(200);
    assert!(!trail.text().contains(code["code"].as_str().unwrap()));
    let entry = &trail.json()["items"][0];
    assert_eq!(entry["action"], "secret.code-shown");
    assert_eq!(entry["detail"]["vaultId"], json!(vault));
}

#[tokio::test]
async fn only_a_seed_that_may_be_seen_gives_codes() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let mut closed = totp();
    closed["injectOnly"] = json!(true);
    let path = ada.store(&vault, closed).await;
    let refused = ada.post(&format!("{path}/code"), json!({})).await;
    refused.expect_problem(403, "inject-only");
    let mut sensitive = totp();
    sensitive["highSensitivity"] = json!(true);
    let path = ada.store(&vault, sensitive).await;
    let refused = ada.post(&format!("{path}/code"), json!({})).await;
    refused.expect_problem(403, "step-up-required");
    ada.post_proven(&format!("{path}/code"), json!({}))
        .await
        .expect(200);
    let password = ada.secret(&vault, "no seed", "password").await;
    let refused = ada.post(&format!("{password}/code"), json!({})).await;
    refused.expect_problem(422, "invalid");
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    bob.post(&format!("{path}/code"), json!({}))
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn the_generator_makes_what_it_is_asked_for_and_records_nothing() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let before = ada.get("/audit-events").await.expect(200).json();
    let made = async |recipe: Value| ada.post("/generate", recipe).await.expect(200).json();
    let password = made(json!({"kind": "password", "length": 32, "symbols": false})).await;
    assert_eq!(password["value"].as_str().unwrap().len(), 32);
    assert_eq!(password["strength"], 4);
    assert!(password["bits"].as_f64().unwrap() > 185.0);
    let again = made(json!({"kind": "password", "length": 32, "symbols": false})).await;
    assert_ne!(password["value"], again["value"]);
    let words = made(json!({"kind": "passphrase"})).await;
    assert_eq!(words["value"].as_str().unwrap().split('-').count(), 6);
    let spoken = made(json!({"kind": "pronounceable", "digits": true})).await;
    assert!(
        spoken["value"]
            .as_str()
            .unwrap()
            .ends_with(|c: char| c.is_ascii_digit())
    );
    let key = made(json!({"kind": "ssh-key", "algorithm": "ed25519"})).await;
    assert!(
        key["value"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN OPENSSH PRIVATE KEY-----")
    );
    assert!(
        key["publicKey"]
            .as_str()
            .unwrap()
            .starts_with("ssh-ed25519 ")
    );
    let vault = ada.vault("Engines").await;
    let record = json!({"type": "SSH_KEY", "name": "k", "fields": {"privateKey": key["value"]}});
    let path = ada.store(&vault, record).await;
    let stored = ada.get(&path).await.json();
    assert_eq!(stored["fields"]["fingerprint"], key["fingerprint"]);
    for wrong in [
        json!({"kind": "password", "length": 4}),
        json!({"kind": "passphrase", "words": 100}),
        json!({"kind": "pronounceable", "syllables": 1}),
    ] {
        ada.post("/generate", wrong)
            .await
            .expect_problem(422, "invalid");
    }
    ada.post("/generate", json!({"kind": "password", "lenght": 20}))
        .await
        .expect_problem(400, "bad-request");
    let after = ada.get("/audit-events").await.expect(200).json();
    let made = ["vault.created", "secret.created"];
    let items = after["items"].as_array().unwrap();
    let new = items.len() - before["items"].as_array().unwrap().len();
    assert_eq!(new, made.len());
}
