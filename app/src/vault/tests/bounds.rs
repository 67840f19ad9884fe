//! What one person, or one organisation, may cost the others.

use std::io;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::retention;
use crate::testing::{Answer, PASSWORD, Person, Server};

/// Well below the time in which a request is given up.
const SOON: Duration = Duration::from_secs(5);

fn table() -> Value {
    let text = "name,url,username,password,note\nShop,https://shop.example,ada,hunter2,\n";
    json!({"format": "browser-csv", "file": STANDARD.encode(text)})
}

async fn soon(answer: impl Future<Output = Answer>) -> Answer {
    tokio::time::timeout(SOON, answer).await.unwrap()
}

#[tokio::test]
async fn who_sends_a_file_slowly_keeps_nobody_else_from_importing() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let hers = eve.vault("Hers").await;
    let preview = |vault: &str| format!("/vaults/{vault}/secrets/import/preview");
    let never = Body::from_stream(stream::pending::<io::Result<Bytes>>());
    let json = Some("application/json");
    let request = eve.request(Method::POST, &preview(&hers), json, never);
    let slow = eve.clone();
    let sending = tokio::spawn(async move { slow.send_request(request).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    soon(ada.post(&preview(&vault), table())).await.expect(200);
    // She herself is told why not.
    let again = eve.post(&preview(&hers), table()).await;
    let again = again.expect_problem(429, "busy");
    assert_eq!(again.header("retry-after"), "5");
    sending.abort();
    drop(sending.await);
    soon(eve.post(&preview(&hers), table())).await.expect(200);
}

/// An export that has begun, and that nobody reads.
async fn begun(person: &Person, vault: &str) -> axum::response::Response {
    let path = format!("/vaults/{vault}/export");
    let body = json!({"passphrase": "ferret-lantern-quartz-mild"});
    let asked = person.post(&path, body.clone()).await;
    let id = asked
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    let proof = json!({"password": PASSWORD});
    let proven = person.post(&format!("/auth/step-up/{id}"), proof).await;
    proven.expect(204);
    let client = (**person).clone().with_step_up(&id);
    client.unread(Method::POST, &path, &body).await
}

/// A vault that is larger than what is written ahead of whoever reads.
async fn large(person: &Person) -> String {
    let vault = person.vault("Large").await;
    for number in 0..90 {
        let fields = json!({"body": "x".repeat(5000)});
        let note = json!({"type": "SECURE_NOTE", "name": format!("{number}"), "fields": fields});
        person.store(&vault, note).await;
    }
    vault
}

#[test]
fn downloads_that_nobody_reads_keep_nobody_from_signing_in() {
    // As few threads as it takes to see that they are free.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::start().await;
        let ada = server.owner().await;
        let eve = server.tenant("Difference Engines", "eve@example.com").await;
        let (hers, its) = (large(&eve).await, large(&ada).await);
        let unread = [begun(&eve, &hers).await, begun(&ada, &its).await];
        for response in &unread {
            assert_eq!(response.status(), 200);
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let signing_in = server.sign_in("ada@example.com");
        tokio::time::timeout(SOON, signing_in).await.unwrap();
        let path = format!("/vaults/{its}/export");
        let body = json!({"passphrase": "ferret-lantern-quartz-mild"});
        ada.post(&path, body).await.expect_problem(429, "busy");
    });
}

#[tokio::test]
async fn who_may_not_store_here_is_told_nothing_of_what_they_sent() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let secrets = format!("/vaults/{vault}/secrets");
    for kind in ["PASSWORD", "SSH_KEY"] {
        let wrong = json!({"type": kind, "name": "", "fields": {"privateKey": "none"}});
        let refused = bob.post(&secrets, wrong.clone()).await;
        refused.expect_problem(404, "not-found");
        ada.post(&secrets, wrong)
            .await
            .expect_problem(422, "invalid");
    }
}

#[tokio::test]
async fn what_lists_show_of_a_record_is_bounded() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secrets = format!("/vaults/{vault}/secrets");
    let record = |kind: &str| {
        let custom: Vec<Value> = (0..10)
            .map(|n| json!({"label": format!("{n}"), "kind": kind, "value": "x".repeat(3900)}))
            .collect();
        json!({"type": "PASSWORD", "name": "x", "fields": {"password": "y"}, "customFields": custom})
    };
    let refused = ada.post(&secrets, record("text")).await;
    let refused = refused.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["customFields"]);
    let path = ada.store(&vault, record("hidden")).await;
    let shown = json!({"customFields": record("text")["customFields"]});
    let refused = ada.change(&path, 1, shown).await;
    refused.expect_problem(422, "invalid");
}

/// Copies the one record of a vault, with its key, so many times.
async fn copied(behind: &mut PgConnection, times: i32) {
    for statement in [
        "INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta, sealed_value, changed,
             created_at, updated_at, updated_by, trashed_at, trashed_by)
         SELECT org_id, gen_random_uuid(), vault_id, type, version, sealed_meta, sealed_value, changed,
             created_at, updated_at, updated_by, CASE WHEN n % 3 = 0 THEN now() END,
             CASE WHEN n % 3 = 0 THEN updated_by END
         FROM (SELECT * FROM secrets LIMIT 1) s, generate_series(1, $1) AS n",
        "INSERT INTO data_keys (org_id, id, wrapped_key)
         SELECT s.org_id, s.id, k.wrapped_key
         FROM secrets s, (SELECT wrapped_key FROM data_keys LIMIT 1) k
         WHERE $1 > 0 AND NOT EXISTS (
             SELECT FROM data_keys d WHERE d.org_id = s.org_id AND d.id = s.id)",
    ] {
        let done = sqlx::query(statement).bind(times);
        done.execute(&mut *behind).await.unwrap();
    }
}

#[tokio::test]
async fn a_vault_of_any_size_is_deleted_and_gone_at_once() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let bytes = b"a file".to_vec();
    let attach = format!("{secret}/attachments?name=x");
    let attached = ada.send_raw(Method::POST, &attach, None, bytes).await;
    attached.expect(201);
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let role = format!("{secret}/access/users/{}", bob.user);
    ada.put(&role, json!({"role": "VIEWER"})).await.expect(204);
    bob.get(&secret).await.expect(200);
    let mut behind = server.database.behind().await;
    copied(&mut behind, 1300).await;
    // As it is between two steps, whoever takes them: nothing of it is there for anybody.
    let mark = "UPDATE vaults SET going_since = now()";
    sqlx::query(mark).execute(&mut behind).await.unwrap();
    for person in [&ada, &bob] {
        person.get(&secret).await.expect_problem(404, "not-found");
        let found = person.get("/secrets").await.expect(200).json();
        assert_eq!(found["items"], json!([]));
        let vaults = person.get("/vaults").await.expect(200).json();
        assert_eq!(vaults["items"], json!([]));
    }
    let shared = bob.get("/shared-secrets").await;
    assert!(!shared.text().contains("mill"));
    let orphaned = ada.get("/organization/orphaned-vaults").await;
    assert!(!orphaned.text().contains("Engines"));
    let unmark = "UPDATE vaults SET going_since = NULL";
    sqlx::query(unmark).execute(&mut behind).await.unwrap();
    ada.delete_proven(&format!("/vaults/{vault}"))
        .await
        .expect(204);
    // What a server that was stopped has left goes with the trash.
    retention::once(&server.app).await.unwrap();
    for table in [
        "vaults",
        "secrets",
        "data_keys",
        "attachments",
        "secret_roles",
    ] {
        assert_eq!(server.database.count(table).await, 0, "{table}");
    }
    let entries = "audit_events WHERE action = 'vault.deleted'";
    assert_eq!(server.database.count(entries).await, 1);
    let path = format!("/vaults/{vault}");
    ada.delete_proven(&path)
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn what_a_stopped_server_has_left_is_swept_up() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let doomed = ada.secret(&vault, "doomed", "x").await;
    ada.delete_for_good(&doomed).await;
    let kept = ada.secret(&vault, "kept", "x").await;
    let mut behind = server.database.behind().await;
    sqlx::query(
        "INSERT INTO attachments (org_id, id, secret_id, created_at, created_by)
         SELECT org_id, gen_random_uuid(), id, now() - age, updated_by
         FROM secrets, (VALUES (interval '2 hours'), (interval '5 minutes')) AS ages (age)
         WHERE id = $1",
    )
    .bind(kept.rsplit('/').next().unwrap().parse::<Uuid>().unwrap())
    .execute(&mut behind)
    .await
    .unwrap();
    assert_eq!(server.database.count("attachments").await, 2);
    assert_eq!(server.database.count("secret_tombstones").await, 1);
    retention::once(&server.app).await.unwrap();
    assert_eq!(server.database.count("attachments").await, 1);
    assert_eq!(server.database.count("secret_tombstones").await, 1);
    for statement in [
        "UPDATE secret_tombstones SET gone_at = now() - interval '25 hours'",
        "DELETE FROM leases",
    ] {
        sqlx::query(statement).execute(&mut behind).await.unwrap();
    }
    retention::once(&server.app).await.unwrap();
    assert_eq!(server.database.count("secret_tombstones").await, 0);
}
