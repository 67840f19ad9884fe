//! Secrets: stored, listed, revealed, changed, deleted.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::testing::{Person, Server};

fn whole() -> Value {
    json!({
        "type": "PASSWORD",
        "name": " Mail ",
        "username": "ada",
        "url": "https://mail.example.com/",
        "password": " hunter2 ",
        "notes": "line one\n\tline two",
        "customFields": [
            {"label": "PIN", "value": "4711", "hidden": true},
            {"label": "Hint", "value": "none"},
        ],
    })
}

async fn one(server: &Server) -> (Person, String, String) {
    let ada = server.owner().await;
    let secrets = format!("/vaults/{}/secrets", ada.vault("Engines").await);
    let id = ada.post(&secrets, whole()).await.expect(201).id();
    (ada, format!("{secrets}/{id}"), secrets)
}

#[tokio::test]
async fn a_secret_is_stored_listed_and_revealed() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let summary = ada.get(&path).await.expect(200).json();
    assert_eq!(summary["type"], "PASSWORD");
    assert_eq!(summary["name"], "Mail");
    assert_eq!(summary["username"], "ada");
    assert_eq!(summary["url"], "https://mail.example.com/");
    assert_eq!(summary["version"], 1);
    assert_eq!(summary["updatedBy"]["name"], "Ada Lovelace");
    assert!(secrets.contains(summary["vaultId"].as_str().unwrap()));
    for hidden in ["password", "notes", "customFields"] {
        assert!(summary.get(hidden).is_none(), "{hidden} is shown");
    }
    let list = ada.get(&secrets).await.expect(200).json();
    assert_eq!(list, json!({"items": [summary], "nextCursor": null}));
    let revealed = ada
        .post(&format!("{path}/reveal"), json!({}))
        .await
        .expect(200);
    assert_eq!(revealed.header("cache-control"), "no-store");
    let expected = json!({
        "password": " hunter2 ",
        "notes": "line one\n\tline two",
        "customFields": [
            {"label": "PIN", "value": "4711", "hidden": true},
            {"label": "Hint", "value": "none", "hidden": false},
        ],
    });
    assert_eq!(revealed.json(), expected);
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_nothing_else() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let reveal = format!("{path}/reveal");
    let before = ada.post(&reveal, json!({})).await.expect(200).json();
    let changed = ada
        .patch(&path, json!({"version": 1, "username": "lovelace"}))
        .await;
    let changed = changed.expect(200).json();
    assert_eq!(changed["username"], "lovelace");
    assert_eq!(changed["name"], "Mail");
    assert_eq!(changed["version"], 2);
    assert_eq!(
        ada.post(&reveal, json!({})).await.expect(200).json(),
        before
    );
    let body = json!({"version": 2, "password": "correct horse", "customFields": []});
    assert_eq!(
        ada.patch(&path, body).await.expect(200).json()["version"],
        3
    );
    let after = ada.post(&reveal, json!({})).await.expect(200).json();
    assert_eq!(after["password"], "correct horse");
    assert_eq!(after["customFields"], json!([]));
    assert_eq!(after["notes"], before["notes"]);
    let trail = ada.get("/audit-events?limit=2").await.expect(200).json();
    let detail = &trail["items"][1]["detail"];
    assert_eq!(
        detail["fields"],
        json!(["password", "customFields"]),
        "names, never values"
    );
}

#[tokio::test]
async fn an_outdated_version_is_a_conflict() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    for version in [0, 2, -1, i32::MAX, i32::MIN] {
        let answer = ada
            .patch(&path, json!({"version": version, "name": "x"}))
            .await;
        answer.expect_problem(409, "version-conflict");
    }
    for bad in [
        json!({"name": "x"}),
        json!({"version": "1"}),
        json!({"version": 1.5}),
        json!({"version": 2_147_483_648_i64}),
        json!({"version": null}),
    ] {
        ada.patch(&path, bad)
            .await
            .expect_problem(400, "bad-request");
    }
    assert_eq!(ada.get(&path).await.json()["version"], 1);
}

#[tokio::test]
async fn of_many_changes_from_one_version_exactly_one_is_kept() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let names: Vec<String> = (0..8).map(|n| format!("name {n}")).collect();
    let answers = join_all(
        names
            .iter()
            .map(|name| ada.patch(&path, json!({"version": 1, "name": name}))),
    )
    .await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    let winner = answers
        .iter()
        .find(|answer| answer.status == 200)
        .unwrap()
        .json();
    assert_eq!(ada.get(&path).await.json()["name"], winner["name"]);
    let updates = server
        .database
        .count("audit_events WHERE action = 'secret.updated'")
        .await;
    assert_eq!(updates, 1);
}

#[tokio::test]
async fn a_change_and_a_deletion_at_once_end_in_one_of_two_states() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let change = ada.patch(&path, json!({"version": 1, "name": "late"}));
    let (changed, deleted) = tokio::join!(change, ada.delete_proven(&path));
    assert_eq!(deleted.status, 204);
    assert!(
        [200, 404, 409].contains(&changed.status.as_u16()),
        "{}",
        changed.text()
    );
    ada.get(&path).await.expect_problem(404, "not-found");
    assert_eq!(ada.get(&secrets).await.json()["items"], json!([]));
}

#[tokio::test]
async fn every_field_has_a_limit() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let fields = |n: usize| json!(vec![json!({"label": "x", "value": "y"}); n]);
    let custom = |label: &str, value: &str| json!([{"label": label, "value": value}]);
    let cases = [
        ("name", json!("")),
        ("name", json!("x".repeat(201))),
        ("name", json!("a\tb")),
        ("username", json!("x".repeat(321))),
        ("username", json!("\u{0}")),
        ("url", json!("x".repeat(2001))),
        ("password", json!("x".repeat(1001))),
        ("password", json!("a\u{0}b")),
        ("notes", json!("x".repeat(10_001))),
        ("notes", json!("\u{7}")),
        ("customFields", fields(51)),
        ("customFields", custom("", "no label")),
        ("customFields", custom(&"x".repeat(121), "y")),
        ("customFields", custom("x", &"y".repeat(4001))),
        ("customFields", custom("x\u{0}", "y")),
    ];
    for (field, value) in cases {
        let mut body = whole();
        body[field] = value.clone();
        let stored = ada
            .post(&secrets, body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(stored.wrong_fields(), [field], "{value}");
        let changed = ada.patch(&path, json!({"version": 1, field: value})).await;
        let changed = changed.expect_problem(422, "invalid");
        assert_eq!(changed.wrong_fields(), [field], "{value}");
    }
    assert_eq!(server.database.count("secrets").await, 1);
    let full = json!({
        "type": "PASSWORD",
        "name": "\u{1f9ee}".repeat(200),
        "username": "ü".repeat(320),
        "url": "u".repeat(2000),
        "password": "\u{1f512}".repeat(1000),
        "notes": "n".repeat(10_000),
        "customFields": fields(50),
    });
    let id = ada.post(&secrets, full.clone()).await.expect(201).id();
    let revealed = ada
        .post(&format!("{secrets}/{id}/reveal"), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(revealed["password"], full["password"]);
    assert_eq!(revealed["notes"], full["notes"]);
}

#[tokio::test]
async fn whatever_a_password_holds_comes_back_unchanged() {
    let server = Server::start().await;
    let (ada, _, secrets) = one(&server).await;
    for password in [
        "",
        " ",
        "\"\\/{}[]",
        "'; DROP TABLE secrets; --",
        "<script>alert(1)</script>",
        "e\u{301} is not \u{e9}",
        "\u{202e}right to left\u{200b}",
        "\u{fffd}\u{10ffff}",
    ] {
        let body = json!({"type": "PASSWORD", "name": "x", "password": password});
        let id = ada.post(&secrets, body).await.expect(201).id();
        let revealed = ada
            .post(&format!("{secrets}/{id}/reveal"), json!({}))
            .await
            .expect(200);
        assert_eq!(revealed.json()["password"], password);
    }
}

#[tokio::test]
async fn what_is_no_secret_is_refused() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    for (field, value) in [
        ("type", json!("password")),
        ("type", json!("API_KEY")),
        ("type", json!(null)),
        ("password", json!(null)),
        ("password", json!(7)),
        ("name", json!(["x"])),
        ("customFields", json!({"label": "x", "value": "y"})),
        ("customFields", json!([{"label": "x"}])),
        (
            "customFields",
            json!([{"label": "x", "value": "y", "more": "z"}]),
        ),
        ("version", json!(1)),
        ("vaultId", json!("x")),
    ] {
        let mut body = whole();
        body[field] = value;
        let answer = ada
            .post(&secrets, body)
            .await
            .expect_problem(400, "bad-request");
        assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    }
    for body in [
        json!({"version": 1, "type": "PASSWORD2"}),
        json!({"version": 1, "id": "x"}),
    ] {
        ada.patch(&path, body)
            .await
            .expect_problem(400, "bad-request");
    }
}

#[tokio::test]
async fn a_secret_is_found_in_its_own_vault_only() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let other = ada.vault("Other").await;
    let id = path.rsplit('/').next().unwrap();
    let elsewhere = format!("/vaults/{other}/secrets/{id}");
    ada.get(&elsewhere).await.expect_problem(404, "not-found");
    ada.post(&format!("{elsewhere}/reveal"), json!({}))
        .await
        .expect_problem(404, "not-found");
    let moved = ada
        .patch(&elsewhere, json!({"version": 1, "name": "moved"}))
        .await;
    moved.expect_problem(404, "not-found");
    ada.delete(&elsewhere)
        .await
        .expect_problem(404, "not-found");
    assert_eq!(ada.get(&secrets).await.json()["items"][0]["name"], "Mail");
}

#[tokio::test]
async fn deletion_takes_the_key_along() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    ada.delete_proven(&path).await.expect(204);
    assert_eq!(server.database.count("secrets").await, 0);
    for answer in [
        ada.get(&path).await,
        ada.delete_proven(&path).await,
        ada.patch(&path, json!({"version": 1, "name": "x"})).await,
        ada.post(&format!("{path}/reveal"), json!({})).await,
    ] {
        answer.expect_problem(404, "not-found");
    }
}
