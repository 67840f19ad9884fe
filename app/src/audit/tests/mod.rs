//! The slice through its router, on a real database.

mod archives;
mod chain;
mod checkpoints;
mod formats;
mod meanwhile;
mod pruning;
mod search;

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::store::{COLUMNS, Stored};
use super::{Action, Event, Resource, WriteTx, canonical};

use crate::kernel::{AuditEventId, OrgId, UserId};
use crate::testing::{Person, Server};

async fn trail(person: &Person) -> Vec<Value> {
    let page = person
        .get("/audit-events?limit=100")
        .await
        .expect(200)
        .json();
    page["items"].as_array().unwrap().clone()
}

/// What a request adds to the trail: the actions, oldest first.
async fn added(person: &Person, before: &[Value]) -> Vec<String> {
    let after = trail(person).await;
    let new = &after[..after.len() - before.len()];
    new.iter()
        .rev()
        .map(|event| event["action"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_change_and_every_reveal_writes_exactly_one_event() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let doomed = ada.secret(&vault, "store", "hunter2").await;
    let empty = ada.vault("Empty").await;
    let vaults = "/vaults".to_owned();
    let vault_path = format!("/vaults/{vault}");
    let new_secret = json!({"type": "PASSWORD", "name": "x", "fields": {"password": "y"}});
    let steps = [
        ("POST", vaults, json!({"name": "More"}), "vault.created"),
        (
            "PATCH",
            vault_path.clone(),
            json!({"name": "Other"}),
            "vault.updated",
        ),
        (
            "POST",
            format!("{vault_path}/secrets"),
            new_secret,
            "secret.created",
        ),
        (
            "PATCH",
            secret.clone(),
            json!({"fields": {"notes": "n"}}),
            "secret.updated",
        ),
        (
            "POST",
            format!("{secret}/reveal"),
            json!({"field": "password"}),
            "secret.revealed",
        ),
        ("DELETE", doomed.clone(), Value::Null, "secret.trashed"),
        (
            "DELETE",
            doomed.replace("/secrets/", "/trash/"),
            Value::Null,
            "secret.deleted",
        ),
        (
            "DELETE",
            format!("/vaults/{empty}"),
            Value::Null,
            "vault.deleted",
        ),
    ];
    for (method, path, body, action) in steps {
        let before = trail(&ada).await;
        let body = (!body.is_null()).then_some(body);
        let answer = match method {
            "PATCH" => ada.change(&path, 1, body.unwrap()).await,
            _ => ada.send_proven(method.parse().unwrap(), &path, body).await,
        };
        assert!(
            answer.status.is_success(),
            "{method} {path}: {}",
            answer.text()
        );
        let mut expected = vec![action];
        if method == "DELETE" && action != "secret.trashed" {
            expected.insert(0, "step-up.proved");
        }
        assert_eq!(added(&ada, &before).await, expected, "{method} {path}");
    }
    let before = trail(&ada).await;
    for path in [
        "/vaults",
        &vault_path,
        &format!("{vault_path}/secrets"),
        &secret,
        "/me",
    ] {
        ada.get(path).await.expect(200);
    }
    assert_eq!(
        added(&ada, &before).await,
        Vec::<String>::new(),
        "reading lists is not an event"
    );
    let again = server.sign_in("ada@example.com").await;
    again.post("/auth/sign-out", json!({})).await.expect(204);
    assert_eq!(
        added(&ada, &before).await,
        ["session.signed-in", "session.signed-out"]
    );
}

#[tokio::test]
async fn what_is_refused_or_fails_writes_no_event() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    server.grant(&vault, &bob, "VIEWER").await;
    let before = trail(&ada).await;
    ada.change(&secret, 9, json!({"name": "x"}))
        .await
        .expect(412);
    ada.change(&secret, 1, json!({"name": ""}))
        .await
        .expect(422);
    ada.post("/vaults", json!({"name": ""})).await.expect(422);
    ada.delete(&format!("/vaults/{}", Uuid::now_v7()))
        .await
        .expect(404);
    bob.delete(&secret).await.expect(403);
    bob.change(&secret, 1, json!({"name": "x"}))
        .await
        .expect(403);
    assert_eq!(added(&ada, &before).await, Vec::<String>::new());
}

fn event(person: &Person) -> Event {
    let resource = Resource {
        kind: "vault",
        id: Uuid::from_u128(7),
    };
    let now = crate::kernel::Clock::system().now();
    Event::new(
        now,
        UserId::from_uuid(person.user),
        Action::VaultCreated,
        resource,
    )
}

#[tokio::test]
async fn a_change_that_is_dropped_leaves_neither_itself_nor_an_event_nor_a_gap() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let org = OrgId::from_uuid(ada.org);
    let before = trail(&ada).await;
    let mut tx = WriteTx::begin(&server.app.db, org).await.unwrap();
    sqlx::query(
        "INSERT INTO vaults (org_id, id, name, description, created_at, updated_at)
         VALUES ($1, gen_random_uuid(), 'dropped', '', now(), now())",
    )
    .bind(org)
    .execute(tx.tenant().connection())
    .await
    .unwrap();
    drop(tx);
    // A transaction that PostgreSQL has already given up cannot be committed either.
    let mut tx = WriteTx::begin(&server.app.db, org).await.unwrap();
    let broken = sqlx::query("SELECT 1 / 0")
        .execute(tx.tenant().connection())
        .await;
    assert!(broken.is_err());
    assert!(tx.commit(&server.app.keys, &event(&ada)).await.is_err());
    assert_eq!(added(&ada, &before).await, Vec::<String>::new());
    assert_eq!(
        server.database.count("vaults WHERE name = 'dropped'").await,
        0
    );
    ada.vault("kept").await;
    assert_eq!(
        trail(&ada).await[0]["seq"],
        before[0]["seq"].as_i64().unwrap() + 1
    );
}

#[tokio::test]
async fn numbers_have_no_gaps_under_concurrent_writers() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let names: Vec<String> = (0..24).map(|n| format!("vault {n}")).collect();
    join_all(names.iter().map(|name| ada.vault(name))).await;
    bob.vault("alone").await;
    let seqs = |events: Vec<Value>| -> Vec<i64> {
        events
            .iter()
            .map(|event| event["seq"].as_i64().unwrap())
            .collect()
    };
    let expected: Vec<i64> = (1..=25).rev().collect();
    assert_eq!(seqs(trail(&ada).await), expected);
    assert_eq!(
        seqs(trail(&bob).await),
        [3, 2, 1],
        "each organisation counts for itself"
    );
}

#[tokio::test]
async fn each_row_is_authenticated_as_it_is_stored() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let org = OrgId::from_uuid(ada.org);
    // PostgreSQL keeps the keys of jsonb in an order of its own: the bytes must not depend on it.
    let detail = json!({"zz": 1, "b": [true, null, 1.5], "aaa": {"y": "ä\u{1f980}", "x": -7}});
    let event = event(&ada)
        .with(detail)
        .named("Mühle")
        .failed("for the test");
    let tx = WriteTx::begin(&server.app.db, org).await.unwrap();
    tx.commit(&server.app.keys, &event).await.unwrap();
    ada.vault("another").await;
    let mut behind = server.database.behind().await;
    let every = format!("SELECT {COLUMNS} FROM audit_events e");
    let rows: Vec<Stored> = sqlx::query_as(sqlx::AssertSqlSafe(every))
        .fetch_all(&mut behind)
        .await
        .unwrap();
    assert_eq!(rows.len(), 3);
    let key = server.app.keys.audit_key();
    for mut row in rows {
        let code = |row: &Stored| {
            key.code(&[canonical::LABEL, row.text(org).as_bytes()])
                .to_vec()
        };
        assert_eq!((row.canonical, code(&row)), (1, row.mac.clone()));
        row.id = AuditEventId::new();
        assert_ne!(code(&row), row.mac);
    }
}

#[tokio::test]
async fn the_trail_comes_in_pages_that_neither_repeat_nor_skip() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for n in 0..6 {
        ada.vault(&format!("vault {n}")).await;
    }
    let whole = trail(&ada).await;
    let mut walked = Vec::new();
    let mut next = String::new();
    loop {
        let page = ada
            .get(&format!("/audit-events?limit=3{next}"))
            .await
            .expect(200)
            .json();
        walked.extend(page["items"].as_array().unwrap().clone());
        // Newer events do not disturb a walk towards older ones.
        ada.vault("meanwhile").await;
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(walked, whole);
    for strange in ["-1", "x", "9223372036854775808"] {
        let strange = format!("/audit-events?cursor={strange}");
        let refused = ada.get(&strange).await.expect_problem(422, "invalid");
        assert_eq!(refused.wrong_fields(), ["cursor"]);
    }
}

#[tokio::test]
async fn only_those_who_manage_the_organisation_read_its_trail() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let member = server.member(ada.org, "member@example.com", "member").await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    bob.vault("Bob's own").await;
    admin.get("/audit-events").await.expect(200);
    member
        .get("/audit-events")
        .await
        .expect_problem(403, "forbidden");
    server
        .visitor()
        .get("/audit-events")
        .await
        .expect_problem(401, "not-signed-in");
    let events = trail(&ada).await;
    assert!(
        !serde_json::to_string(&events).unwrap().contains("Bob"),
        "{events:?}"
    );
}

#[tokio::test]
async fn acts_are_described_while_they_are_recorded() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (app, org) = (&server.app, OrgId::from_uuid(ada.org));
    let now = app.clock.now();
    let exported = |detail| Event::of_system(now, Action::SecretExported, detail);
    let count = "audit_events WHERE action = 'secret.exported'";
    let tx = WriteTx::begin(&app.db, org).await.unwrap();
    let events = (0..1201).map(|number| exported(json!({"number": number})));
    tx.commit_each(&app.keys, events).await.unwrap();
    assert_eq!(server.database.count(count).await, 1201);
    // One that the database does not take, among many: what follows is not described any more.
    let described = AtomicUsize::new(0);
    let events = (0..100_000).map(|number| {
        described.fetch_add(1, Ordering::Relaxed);
        let text = if number == 700 { "\u{0}" } else { "" };
        exported(json!({"text": text}))
    });
    let tx = WriteTx::begin(&app.db, org).await.unwrap();
    assert!(tx.commit_each(&app.keys, events).await.is_err());
    assert!(described.load(Ordering::Relaxed) <= 1001);
    assert_eq!(server.database.count(count).await, 1201);
    let tx = WriteTx::begin(&app.db, org).await.unwrap();
    let none = tx.commit_each(&app.keys, std::iter::empty()).await;
    assert!(none.is_err());
}
