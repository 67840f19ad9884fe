//! Every route that makes something, asked twice under one key.

use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::boot;
use crate::kernel::Clock;
use crate::testing::{Answer, Person, Server};

/// Routes that make something and take no key, with the reason.
const WITHOUT: [(&str, &str); 4] = [
    (
        "/setup",
        "there is one installation, and its link works once",
    ),
    (
        "/invitations",
        "an address is invited once: the second is refused",
    ),
    (
        "/audit-checkpoints",
        "where nothing was written since, the last one is the answer",
    ),
    (
        "/me/factors/totp",
        "what was begun is none before it is confirmed",
    ),
];

#[test]
fn whatever_makes_something_takes_a_key_or_says_why_it_need_not() {
    let document = serde_json::to_value(boot::tenant_api().1).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        let Some(post) = methods.get("post") else {
            continue;
        };
        let makes = post["responses"].get("201").is_some() || path.ends_with("/secrets/import");
        let parameters = post["parameters"].as_array().into_iter().flatten();
        let keyed = parameters
            .filter(|one| one["name"] == "Idempotency-Key")
            .count()
            == 1;
        let excused = WITHOUT.iter().any(|(known, _)| *known == path);
        assert_eq!(makes && !excused, keyed, "POST {path}");
    }
}

struct Stage {
    server: Server,
    ada: Person,
    vault: String,
    secret: String,
}

async fn stage() -> Stage {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    Stage {
        server,
        ada,
        vault: format!("/vaults/{vault}"),
        secret,
    }
}

/// Ada, with a key.
fn keyed(ada: &Person, key: &str) -> Person {
    ada.with_header("idempotency-key", key)
}

/// Asks twice; both answers, and how many rows the second has added.
async fn twice(
    stage: &Stage,
    (path, body): (&str, Value),
    table: &'static str,
) -> (Answer, Answer, i64) {
    let ada = keyed(&stage.ada, path);
    let first = ada.post_proven(path, body.clone()).await;
    assert!(first.status.is_success(), "{path}: {}", first.text());
    let before = stage.server.database.count(table).await;
    let entries = stage.server.database.count("audit_events").await;
    let second = ada.post_proven(path, body.clone()).await;
    let added = stage.server.database.count(table).await - before;
    assert_eq!(
        stage.server.database.count("audit_events").await,
        entries,
        "{path}: no entry, and nobody proves anything"
    );
    let mut other = body;
    other["name"] = json!("another");
    if other.get("format").is_none() && other.get("fields").is_none() {
        let other = ada.post(path, other).await;
        other.expect_problem(422, "idempotency-key-reused");
    }
    (first, second, added)
}

#[tokio::test]
async fn what_was_made_is_answered_again_and_made_once() {
    let stage = stage().await;
    let secrets = format!("{}/secrets", stage.vault);
    let secret = json!({"type": "PASSWORD", "name": "x", "fields": {"password": "y"}});
    let file = format!("{}/attachments?name=a.txt", stage.secret);
    for (path, body, table) in [
        ("/vaults", json!({"name": "Twice"}), "vaults"),
        ("/teams", json!({"name": "Twice"}), "teams"),
        (&secrets, secret, "secrets"),
        (&file, json!({"content": "of a file"}), "attachments"),
    ] {
        let (first, second, added) = twice(&stage, (path, body), table).await;
        assert_eq!(added, 0, "{path}");
        assert_eq!(second.status, 201, "{path}");
        assert_eq!(first.json(), second.json(), "{path}");
    }
    let chunks = stage.server.database.count("attachment_chunks").await;
    assert_eq!(chunks, 1, "what came again is forgotten");
    // Kept twice, if it were not known again.
    let import = json!({"format": "dotenv", "file": "QT1vbmUKQj10d28K", "duplicates": "keep"});
    let path = format!("{}/secrets/import", stage.vault);
    let (first, second, added) = twice(&stage, (&path, import), "secrets").await;
    assert_eq!((added, first.json()), (0, second.json()));
    assert_eq!(first.json()["imported"], 2);
}

#[tokio::test]
async fn what_is_shown_once_is_made_once_and_not_shown_again() {
    let stage = stage().await;
    let ends = (Clock::system().now() + Duration::days(1)).format(&Rfc3339);
    let link = json!({
        "fields": ["password"], "uses": 1, "expiresAt": ends.unwrap(), "passphrase": "by telephone",
    });
    let links = format!("{}/links", stage.secret);
    let token = json!({"name": "a machine", "scopes": ["vaults:read"]});
    for (path, body, table) in [
        (links.as_str(), link, "secret_links"),
        ("/tokens", token, "api_tokens"),
    ] {
        let (first, second, added) = twice(&stage, (path, body), table).await;
        first.expect(201);
        second.expect_problem(409, "made-before");
        assert_eq!(added, 0, "{path}");
    }
}

#[tokio::test]
async fn what_has_gone_since_is_not_made_again() {
    let stage = stage().await;
    let ada = keyed(&stage.ada, "one");
    let secrets = format!("{}/secrets", stage.vault);
    let body = json!({"type": "PASSWORD", "name": "x", "fields": {"password": "y"}});
    let id = ada.post(&secrets, body.clone()).await.expect(201).id();
    let path = format!("{secrets}/{id}");
    ada.delete(&path).await.expect(204);
    let trashed = ada.post(&secrets, body.clone()).await.expect(201);
    assert_eq!(trashed.id(), id);
    assert!(trashed.json()["trashedAt"].is_string());
    let trash = path.replace("/secrets/", "/trash/");
    ada.delete_proven(&trash).await.expect(204);
    let gone = ada.post(&secrets, body.clone()).await;
    gone.expect_problem(409, "made-before");
    // Moved to where the request has not asked for.
    let ada = keyed(&stage.ada, "two");
    let id = ada.post(&secrets, body.clone()).await.expect(201).id();
    let other = stage.ada.vault("Looms").await;
    let bulk = json!({"action": "move", "ids": [id], "to": other});
    ada.post(&format!("{secrets}/bulk"), bulk).await.expect(200);
    let moved = ada.post(&secrets, body).await;
    moved.expect_problem(409, "made-before");
    let ada = keyed(&stage.ada, "three");
    let name = json!({"name": "Short"});
    let id = ada.post("/vaults", name.clone()).await.expect(201).id();
    ada.delete_proven(&format!("/vaults/{id}"))
        .await
        .expect(204);
    ada.post("/vaults", name)
        .await
        .expect_problem(409, "made-before");
    assert_eq!(stage.server.database.count("vaults").await, 2);
}

/// The second waits for the first, and finds what came of it.
#[tokio::test]
async fn of_many_at_once_one_makes_it_and_all_are_answered_alike() {
    let stage = stage().await;
    let ada = keyed(&stage.ada, "many");
    let asked = (0..6).map(|_| ada.post("/vaults", json!({"name": "Many"})));
    let answers = futures_util::future::join_all(asked).await;
    let mut ids: Vec<String> = answers
        .into_iter()
        .map(|answer| answer.expect(201).id())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let made = "audit_events WHERE action = 'vault.created'";
    assert_eq!(stage.server.database.count(made).await, 2);
}

/// What could not be made leaves the key free.
#[tokio::test]
async fn a_request_that_failed_claims_nothing() {
    let stage = stage().await;
    let bob = stage
        .server
        .member(stage.ada.org, "bob@example.com", "member")
        .await;
    let bob = keyed(&bob, "free");
    let secrets = format!("{}/secrets", stage.vault);
    let body = json!({"type": "PASSWORD", "name": "x", "fields": {"password": "y"}});
    bob.post(&secrets, body.clone())
        .await
        .expect_problem(404, "not-found");
    let id = stage.vault.rsplit('/').next().unwrap();
    stage.server.grant(id, &bob, "EDITOR").await;
    bob.post(&secrets, body).await.expect(201);
}
