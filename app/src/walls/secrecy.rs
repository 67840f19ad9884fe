//! What is secret is seen by whoever reveals it, and stands nowhere else.

use redis::AsyncTypedCommands as _;
use serde_json::json;

use crate::testing::{Log, PASSWORD, Server, redis};

/// Strings that occur nowhere else. What is sealed: all of them.
const SEALED: [&str; 9] = [
    "canary-name-5b1d",
    "canary-user-7c2e",
    "https://canary-url-9d3f.example",
    "canary-password-1e4a",
    "canary-notes-2f5b",
    "canary-field-3a6c",
    "canary-tag-6d0b",
    "canary-label-4e1f",
    "canary-key-8a9c",
];

/// Every row of every table, as text.
pub(super) async fn dump(server: &Server) -> String {
    let mut behind = server.database.behind().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    let mut all = String::new();
    for table in tables {
        // Bytes are shown as they are, so that text in them would be found.
        let statement = format!("SELECT encode(t::text::bytea, 'escape') FROM {table} t");
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_all(&mut behind)
            .await
            .unwrap();
        all.push_str(&rows.join("\n"));
    }
    all
}

/// Every value of the cache that can be read as a text or a hash.
pub(super) async fn cached() -> String {
    let mut connection = redis().await;
    let mut all = String::new();
    for key in connection.keys("*").await.unwrap() {
        all.push_str(&key);
        if let Ok(Some(value)) = connection.get(&key).await {
            all.push_str(&value);
        }
        if let Ok(fields) = connection.hgetall(&key).await {
            all.push_str(&format!("{fields:?}"));
        }
    }
    all
}

fn hexed(text: &str) -> String {
    hex::encode(text)
}

#[tokio::test]
async fn what_is_sealed_stands_in_no_log_no_table_and_no_cache() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let [name, username, url, password, notes, field, tag, label, key] = SEALED;
    let body = json!({
        "type": "PASSWORD", "name": name, "tags": [tag],
        "fields": {"username": username, "url": url, "password": password, "notes": notes},
        "customFields": [{"label": label, "kind": "hidden", "value": field}],
    });
    let secrets = format!("/vaults/{vault}/secrets");
    let keyed = (*ada).clone().with_header("idempotency-key", key);
    let path = format!(
        "{secrets}/{}",
        keyed.post(&secrets, body).await.expect(201).id()
    );
    let revealed = ada.reveal(&path, "password").await.expect(200);
    assert_eq!(revealed.json()["value"], password, "it can be had back");
    assert_eq!(revealed.header("cache-control"), "no-store");
    let change = json!({"fields": {"notes": format!("{notes} again")}});
    ada.change(&path, 1, change).await.expect(200);
    let earlier = ada.reveal(&format!("{path}/versions/1"), "notes").await;
    assert_eq!(earlier.expect(200).json()["value"], notes);
    ada.delete(&path).await.expect(204);

    let (tables, cache, log) = (dump(&server).await, cached().await, log.text());
    assert!(!log.is_empty(), "nothing was logged at all");
    for secret in SEALED {
        for (place, text) in [
            ("the log", &log),
            ("a table", &tables),
            ("the cache", &cache),
        ] {
            assert!(!text.contains(secret), "{secret} stands in {place}");
            assert!(
                !text.contains(&hexed(secret)),
                "{secret} stands in {place}, as bytes"
            );
        }
    }
    for text in [&log, &tables, &cache] {
        assert!(
            !text.contains(PASSWORD) && !text.contains(&hexed(PASSWORD)),
            "a sign-in password"
        );
    }
    let cookie = ada.cookie().unwrap();
    let token = cookie.split('=').nth(1).unwrap().split(';').next().unwrap();
    for text in [&log, &tables, &cache] {
        assert!(!text.contains(token), "a session's token");
    }
}

#[tokio::test]
async fn refusals_repeat_nothing_that_was_sent_as_a_secret() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = "canary-refused-8b2f";
    let answers = [
        server
            .visitor()
            .post(
                "/auth/sign-in",
                json!({"email": "ada@example.com", "password": secret}),
            )
            .await,
        server
            .visitor()
            .post("/setup", json!({"token": secret}))
            .await,
        ada.post(
            &format!("/vaults/{vault}/secrets"),
            json!({"type": secret, "fields": {"password": secret}}),
        )
        .await,
        ada.post(
            &format!("/vaults/{vault}/secrets"),
            json!({"type": "PASSWORD", "name": "", "fields": {"password": secret.repeat(2000)}}),
        )
        .await,
        server
            .operator()
            .with_bearer(secret)
            .get("/admin/api/overview")
            .await,
    ];
    for answer in answers {
        assert!(answer.status.is_client_error(), "{}", answer.text());
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
}
