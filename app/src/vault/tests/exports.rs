//! Exports through the router, opened as whoever has the passphrase opens them.

use std::io::Read as _;

use age::secrecy::SecretString;
use axum::body::Body;
use base64::Engine as _;
use http::{HeaderValue, Method};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::testing::{PASSWORD, Person, Server};

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
    let named = json!([{"id": left_out, "reason": "inject-only"}]);
    assert_eq!(export["leftOut"], named);
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
    assert_eq!(whole["resource"]["name"], "Engines");
    assert_eq!(
        whole["detail"],
        json!({"records": 2, "leftOut": 0, "unreadable": 0})
    );
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
    let mut request = bob.raw_request(Method::POST, &path, Body::from(asked.to_string()));
    let headers = request.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("vaultterm-step-up", HeaderValue::try_from(id).unwrap());
    let answer = bob.answer(request).await;
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

/// Notes of some kilobytes each, so that the file is written while it is taken; their ids, the newest first.
async fn notes(ada: &Person, vault: &str, count: usize) -> Vec<String> {
    let note = |number: usize| {
        let text = format!("note {number} {}", "x".repeat(4000));
        json!({"type": 2, "name": format!("n{number}"), "notes": text, "secureNote": {"type": 0}})
    };
    let secrets = format!("/vaults/{vault}/secrets");
    let path = format!("{secrets}/import");
    // In parts, so that none comes near the time that a request has.
    for from in (0..count).step_by(200) {
        let items: Vec<Value> = (from..from + 200).map(note).collect();
        let file = json!({"encrypted": false, "folders": [], "items": items}).to_string();
        let file = base64::engine::general_purpose::STANDARD.encode(file);
        let import = json!({"format": "bitwarden-json", "file": file});
        let done = ada.post(&path, import).await.expect(200).json();
        assert_eq!(done["imported"], 200);
    }
    let all = ada.walk(&format!("{secrets}?limit=100")).await;
    let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
    all.iter().map(id).collect()
}

#[tokio::test]
async fn a_file_holds_one_instant_and_names_what_it_lost_while_others_write() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (vault, other) = (ada.vault("Engines").await, ada.vault("Others").await);
    let ids = notes(&ada, &vault, 1200).await;
    let path = format!("/vaults/{vault}/export");
    let asked = json!({"passphrase": PASSPHRASE});
    let proof = ada.post(&path, asked.clone()).await.string("/stepUp/id");
    let password = json!({"password": PASSWORD});
    let demand = format!("/auth/step-up/{proof}");
    ada.post(&demand, password).await.expect(204);
    let client = (*ada).clone().with_step_up(&proof);
    let mut response = client.begin(Method::POST, &path, &asked).await;
    assert_eq!(response.status(), 200);
    // It has begun, and nobody takes more of it yet: the oldest records are the last to be written.
    let first = response.body_mut().frame().await.unwrap().unwrap();
    let secret = |at: usize| format!("/vaults/{vault}/secrets/{}", ids[at]);
    let [changed, twice, closed, thrown, moved, gone] = [1199, 1198, 1197, 1196, 1195, 1194];
    let body = |text: &str| json!({"fields": {"body": text}});
    ada.change(&secret(changed), 1, body("another"))
        .await
        .expect(200);
    ada.change(&secret(twice), 1, body("another"))
        .await
        .expect(200);
    ada.change(&secret(twice), 2, body("a third"))
        .await
        .expect(200);
    ada.change(&secret(closed), 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    ada.delete(&secret(thrown)).await.expect(204);
    let move_one = json!({"action": "move", "ids": [ids[moved]], "to": other});
    let bulk = format!("/vaults/{vault}/secrets/bulk");
    ada.post(&bulk, move_one).await.expect(200);
    ada.delete_for_good(&secret(gone)).await;
    ada.secret(&vault, "came later", "x").await;
    let rest = response.into_body().collect().await.unwrap().to_bytes();
    let export = opened(&[first.into_data().unwrap(), rest].concat());
    let items = export["items"].as_array().unwrap();
    let held: Vec<&str> = items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    let lost = [closed, thrown, moved, gone];
    let expected = ids.iter().enumerate().filter(|(at, _)| !lost.contains(at));
    let expected: Vec<&str> = expected.map(|(_, id)| id.as_str()).collect();
    assert_eq!(
        held, expected,
        "each that was there, once, and none that came"
    );
    for at in [changed, twice] {
        let item = items.iter().find(|item| item["id"] == ids[at].as_str());
        let text = item.unwrap()["notes"].as_str().unwrap();
        assert!(
            text.starts_with("note "),
            "as it was when it was asked for: {text}"
        );
    }
    let mut named: Vec<(usize, String)> = export["leftOut"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let at = ids.iter().position(|id| *id == one["id"].as_str().unwrap());
            (at.unwrap(), one["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    named.sort_unstable();
    let gone_ones = [gone, moved, thrown].map(|at| (at, "gone".to_owned()));
    let mut expected = gone_ones.to_vec();
    expected.push((closed, "inject-only".to_owned()));
    assert_eq!(named, expected);
}

#[tokio::test]
async fn what_does_not_open_is_named_and_the_rest_is_there() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "one", "x").await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let bad = id(&ada.secret(&vault, "two", "x").await);
    let half = id(&ada.secret(&vault, "three", "x").await);
    let mut behind = server.database.behind().await;
    for (column, id) in [("sealed_meta", &bad), ("sealed_value", &half)] {
        let spoil = format!("UPDATE secrets SET {column} = '' WHERE id = '{id}'");
        sqlx::query(sqlx::AssertSqlSafe(spoil))
            .execute(&mut behind)
            .await
            .unwrap();
    }
    let path = format!("/vaults/{vault}/export");
    let answer = ada
        .post_proven(&path, json!({"passphrase": PASSPHRASE}))
        .await;
    let answer = answer.expect(200);
    for header in ["vaultterm-left-out", "vaultterm-unreadable"] {
        assert_eq!(answer.header(header), bad, "{header}");
    }
    let export = opened(&answer.body);
    assert_eq!(export["items"].as_array().unwrap().len(), 1);
    let unreadable = |id: &str| json!({"id": id, "reason": "unreadable"});
    assert_eq!(
        export["leftOut"],
        json!([unreadable(&bad), unreadable(&half)])
    );
}
