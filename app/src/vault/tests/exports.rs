//! Exports through the router, opened as whoever has the passphrase opens them.

use std::io::Read as _;

use age::secrecy::SecretString;
use axum::body::Body;
use base64::Engine as _;
use http::{HeaderValue, Method};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::testing::{PASSWORD, Server};

const PASSPHRASE: &str = "ferret-lantern-quartz-mild";

fn opened(file: &[u8]) -> Value {
    let decryptor = age::Decryptor::new(file).unwrap();
    let identity = age::scrypt::Identity::new(SecretString::from(PASSPHRASE.to_owned()));
    let mut text = String::new();
    let identities = std::iter::once(&identity as &dyn age::Identity);
    decryptor
        .decrypt(identities)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn an_export_holds_what_may_be_seen_and_our_import_reads_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    for number in 0..150 {
        ada.secret(
            &vault,
            &format!("Secret {number}"),
            &format!("canary-{number}"),
        )
        .await;
    }
    let closed = json!({
        "type": "PASSWORD", "name": "closed", "injectOnly": true, "fields": {"password": "canary-closed"},
    });
    let closed = ada.store(&vault, closed).await;
    let card = json!({
        "type": "PAYMENT_CARD", "name": "Card", "tags": ["a"],
        "fields": {"number": "4111111111111111", "expiry": "2031-05", "cvv": "123", "pin": "4711"},
        "customFields": [{"label": "Limit", "kind": "hidden", "value": "1000"}],
    });
    ada.store(&vault, card).await;
    let asked = json!({"passphrase": PASSPHRASE});
    let path = format!("/vaults/{vault}/export");
    let answer = ada.post_proven(&path, asked).await.expect(200);
    let left_out = answer.header("vaultterm-left-out").to_owned();
    assert_eq!(closed, format!("/vaults/{vault}/secrets/{left_out}"));
    let file = &answer.body;
    assert!(!String::from_utf8_lossy(file).contains("canary"));
    let export = opened(file);
    let items = export["items"].as_array().unwrap();
    assert_eq!(items.len(), 151);
    assert!(!export.to_string().contains("canary-closed"));
    let card = items.iter().find(|item| item["type"] == 3).unwrap();
    assert_eq!(card["card"]["expMonth"], "5");
    let other = ada.vault("Copies").await;
    let text = base64::engine::general_purpose::STANDARD.encode(export.to_string());
    let import = json!({"format": "bitwarden-json", "file": text});
    let done = ada
        .post(&format!("/vaults/{other}/secrets/import"), import)
        .await
        .expect(200)
        .json();
    assert_eq!(done, json!({"imported": 151, "faulty": 0, "duplicates": 0}));
}

#[tokio::test]
async fn the_trail_has_the_export_and_each_record_before_anything_leaves() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "one", "canary-one").await;
    ada.secret(&vault, "two", "canary-two").await;
    let path = format!("/vaults/{vault}/export");
    let asked = json!({"passphrase": PASSPHRASE});
    ada.post(&path, asked.clone())
        .await
        .expect_problem(403, "step-up-required");
    ada.post_proven(&path, asked).await.expect(200);
    let trail = ada.get("/audit-events?limit=3").await.expect(200).json();
    let mut actions: Vec<&str> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    actions.sort_unstable();
    assert_eq!(
        actions,
        ["secret.exported", "secret.exported", "vault.exported"]
    );
    let whole = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["action"] == "vault.exported")
        .unwrap();
    assert_eq!(whole["detail"], json!({"records": 2, "leftOut": 0}));
    assert!(whole["circumstances"]["approval"].is_object());
}

/// The trail has all of it by then; what was not written yet is not read for somebody who has gone.
#[tokio::test]
async fn an_export_breaks_off_once_whoever_asked_may_not_read_any_more() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let lines: String = (0..900)
        .map(|number| format!("V{number}={}\n", "x".repeat(6000)))
        .collect();
    let file = base64::engine::general_purpose::STANDARD.encode(lines);
    let import = json!({"format": "dotenv", "file": file});
    let path = format!("/vaults/{vault}/secrets/import");
    ada.post(&path, import).await.expect(200);
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    server.grant(&vault, &bob, "ADMIN").await;
    let path = format!("/vaults/{vault}/export");
    let asked = json!({"passphrase": PASSPHRASE});
    let demanded = bob.post(&path, asked.clone()).await;
    let id = demanded
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    let proof = json!({"password": PASSWORD});
    bob.post(&format!("/auth/step-up/{id}"), proof)
        .await
        .expect(204);
    let mut request = bob.request(Method::POST, &path, Body::from(asked.to_string()));
    let headers = request.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("vaultterm-step-up", HeaderValue::try_from(id).unwrap());
    let answer = bob.begin_request(request).await;
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body();
    body.frame().await.unwrap().unwrap();
    let out = format!("/members/{}/deactivate", bob.user);
    ada.post(&out, Value::Null).await.expect(204);
    let mut seen = 0;
    let broken = loop {
        match body.frame().await {
            Some(Ok(frame)) => seen += frame.into_data().unwrap().len(),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    assert!(broken && seen < 900 * 6000, "{seen} bytes");
}

#[tokio::test]
async fn weak_passphrases_low_roles_and_tokens_are_refused() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = format!("/vaults/{vault}/export");
    for weak in ["short", "passwordpassword", "aaaaaaaaaaaaaaaa"] {
        let refused = ada.post(&path, json!({"passphrase": weak})).await;
        assert_eq!(
            refused.expect_problem(422, "invalid").wrong_fields(),
            ["passphrase"]
        );
    }
    let asked = json!({"passphrase": PASSPHRASE});
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    bob.post(&path, asked.clone())
        .await
        .expect_problem(404, "not-found");
    server.grant(&vault, &bob, "EDITOR").await;
    bob.post(&path, asked.clone())
        .await
        .expect_problem(403, "forbidden");
    let token = ada
        .token(&["vaults:read", "vaults:write", "secrets:reveal"])
        .await;
    assert_eq!(token.post(&path, asked).await.status.as_u16(), 403);
}
