//! Secrets: stored, listed, revealed, changed.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::testing::{Person, Server};

fn whole() -> Value {
    json!({
        "type": "PASSWORD",
        "name": " Mail ",
        "fields": {
            "username": "ada",
            "url": "https://mail.example.com/",
            "password": " hunter2 ",
            "notes": "line one\n\tline two",
        },
        "customFields": [
            {"label": "PIN", "kind": "hidden", "value": "4711"},
            {"label": "Hint", "kind": "text", "value": "none"},
        ],
        "tags": [" private ", "mail", "private"],
    })
}

async fn one(server: &Server) -> (Person, String, String) {
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = ada.store(&vault, whole()).await;
    (ada, path, format!("/vaults/{vault}/secrets"))
}

#[tokio::test]
async fn a_secret_is_stored_listed_and_revealed_one_field_at_a_time() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let answer = ada.get(&path).await.expect(200);
    assert_eq!(answer.header("etag"), "\"1\"");
    let secret = answer.json();
    assert_eq!(secret["type"], "PASSWORD");
    assert_eq!(secret["name"], "Mail");
    let open = json!({"username": "ada", "url": "https://mail.example.com/"});
    assert_eq!(secret["fields"], open);
    assert_eq!(secret["concealed"], json!(["notes", "password"]));
    assert_eq!(secret["tags"], json!(["private", "mail"]));
    assert_eq!(secret["version"], 1);
    assert!(secret["strength"].as_u64().unwrap() <= 4);
    assert_eq!(secret["updatedBy"]["name"], "Ada Lovelace");
    assert_eq!(secret["trashedAt"], Value::Null);
    for flag in ["favourite", "highSensitivity", "injectOnly"] {
        assert_eq!(secret[flag], false);
    }
    assert!(secrets.contains(secret["vaultId"].as_str().unwrap()));
    let custom = &secret["customFields"];
    assert_eq!(custom[0]["value"], Value::Null, "it is hidden");
    assert_eq!(custom[1]["value"], "none");
    let list = ada.get(&secrets).await.expect(200);
    assert_eq!(list.json(), json!({"items": [secret], "nextCursor": null}));
    for hidden in ["hunter2", "line one", "4711"] {
        assert!(!list.text().contains(hidden), "{hidden} is shown");
    }
    let revealed = ada.reveal(&path, "password").await.expect(200);
    assert_eq!(revealed.header("cache-control"), "no-store");
    assert_eq!(
        revealed.json(),
        json!({"field": "password", "value": " hunter2 "})
    );
    let hidden = format!("custom:{}", custom[0]["id"].as_str().unwrap());
    assert_eq!(
        ada.reveal(&path, &hidden).await.expect(200).json()["value"],
        "4711"
    );
    let notes = ada.reveal(&path, "notes").await.expect(200).json();
    assert_eq!(notes["value"], "line one\n\tline two");
}

#[tokio::test]
async fn only_what_is_concealed_and_there_is_revealed_and_the_trail_tells_showing_from_copying() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let open = ada.get(&path).await.json()["customFields"][1]["id"].clone();
    let open = format!("custom:{}", open.as_str().unwrap());
    for field in [
        "username", "name", "cvv", "", "custom:", "custom:x", &open, "PASSWORD",
    ] {
        let answer = ada.reveal(&path, field).await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["field"], "{field}");
    }
    let before = server.database.count("audit_events").await;
    let copied = json!({"field": "password", "purpose": "copy"});
    ada.post(&format!("{path}/reveal"), copied)
        .await
        .expect(200);
    ada.reveal(&path, "notes").await.expect(200);
    assert_eq!(server.database.count("audit_events").await, before + 2);
    let trail = ada.get("/audit-events?limit=2").await.expect(200).json();
    let entry = |at: usize| {
        let entry = &trail["items"][at];
        let detail = &entry["detail"];
        (
            entry["action"].clone(),
            detail["field"].clone(),
            detail["version"].clone(),
        )
    };
    assert_eq!(
        entry(1),
        (json!("secret.copied"), json!("password"), json!(1))
    );
    assert_eq!(
        entry(0),
        (json!("secret.revealed"), json!("notes"), json!(1))
    );
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_nothing_else() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let custom = ada.get(&path).await.json()["customFields"].clone();
    let changed = ada
        .change(&path, 1, json!({"fields": {"username": "lovelace"}}))
        .await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.expect(200).json();
    assert_eq!(changed["fields"]["username"], "lovelace");
    assert_eq!(
        (&changed["name"], &changed["version"]),
        (&json!("Mail"), &json!(2))
    );
    assert_eq!(
        ada.reveal(&path, "password").await.json()["value"],
        " hunter2 "
    );
    // A hidden field that is named and not given stays; one that is left out goes.
    let kept = json!([{"id": custom[0]["id"], "label": "Code", "kind": "hidden"}]);
    let body = json!({"fields": {"password": "correct horse", "url": null}, "customFields": kept});
    let changed = ada.change(&path, 2, body).await.expect(200).json();
    assert_eq!(changed["fields"], json!({"username": "lovelace"}));
    assert_eq!(changed["customFields"].as_array().unwrap().len(), 1);
    assert_eq!(changed["customFields"][0]["label"], "Code");
    let hidden = format!("custom:{}", custom[0]["id"].as_str().unwrap());
    assert_eq!(
        ada.reveal(&path, &hidden).await.expect(200).json()["value"],
        "4711"
    );
    assert_eq!(
        ada.reveal(&path, "password").await.json()["value"],
        "correct horse"
    );
    let trail = ada.get("/audit-events?limit=3").await.expect(200).json();
    let detail = &trail["items"][2]["detail"];
    let other = format!("custom:{}", custom[1]["id"].as_str().unwrap());
    let names = json!(["password", "url", hidden, other]);
    assert_eq!(detail["fields"], names, "names, never values");
    assert_eq!(detail["version"], 3);
    assert_eq!(detail["digest"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn what_was_hidden_is_not_shown_by_calling_it_a_text() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let id = ada.get(&path).await.json()["customFields"][0]["id"].clone();
    let fields = json!([{"id": id, "label": "PIN", "kind": "text"}]);
    let changed = ada.change(&path, 1, json!({"customFields": fields})).await;
    let changed = changed.expect(200);
    assert_eq!(changed.json()["customFields"][0]["value"], "");
    assert!(!changed.text().contains("4711"));
}

#[tokio::test]
async fn a_change_that_changes_nothing_makes_no_version() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    for same in [
        json!({}),
        json!({"name": "Mail"}),
        json!({"fields": {"pin": null}}),
    ] {
        let answer = ada.change(&path, 1, same.clone()).await;
        assert_eq!(answer.expect(200).json()["version"], 1, "{same}");
    }
}

#[tokio::test]
async fn a_change_says_which_version_it_was_made_from() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let change = json!({"name": "x"});
    let blind = ada.patch(&path, change.clone()).await;
    blind.expect_problem(428, "precondition-required");
    for stale in [
        "\"0\"",
        "\"2\"",
        "W/\"1\"",
        "\"1.0\"",
        "\"\"",
        "\"-1\"",
        "\"2\", \"3\"",
    ] {
        let client = (*ada).clone().with_header("if-match", stale);
        for answer in [
            client.patch(&path, change.clone()).await,
            client.delete(&path).await,
        ] {
            answer.expect_problem(412, "version-conflict");
        }
    }
    for broken in ["1", "", "\"1"] {
        let client = (*ada).clone().with_header("if-match", broken);
        let answer = client.patch(&path, change.clone()).await;
        answer.expect_problem(400, "bad-request");
    }
    assert_eq!(ada.get(&path).await.json()["version"], 1);
    let any = (*ada).clone().with_header("if-match", "*");
    assert_eq!(
        any.patch(&path, change).await.expect(200).json()["version"],
        2
    );
}

#[tokio::test]
async fn of_many_changes_from_one_version_exactly_one_is_kept() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let names: Vec<String> = (0..8).map(|n| format!("name {n}")).collect();
    let changes = names
        .iter()
        .map(|name| ada.change(&path, 1, json!({"name": name})));
    let answers = join_all(changes).await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let winner = answers.iter().find(|answer| answer.status == 200);
    let winner = winner.unwrap().json();
    assert_eq!(ada.get(&path).await.json()["name"], winner["name"]);
    let updates = "audit_events WHERE action = 'secret.updated'";
    assert_eq!(server.database.count(updates).await, 1);
    assert_eq!(server.database.count("secret_versions").await, 1);
}

#[tokio::test]
async fn a_change_and_a_deletion_at_once_end_in_one_of_two_states() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let change = ada.change(&path, 1, json!({"name": "late"}));
    let (changed, deleted) = tokio::join!(change, ada.delete(&path));
    assert_eq!(deleted.status, 204);
    let status = changed.status.as_u16();
    assert!([200, 404, 412].contains(&status), "{}", changed.text());
    ada.get(&path).await.expect_problem(404, "not-found");
    assert_eq!(ada.get(&secrets).await.json()["items"], json!([]));
}

#[tokio::test]
async fn every_field_has_a_limit() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let custom = |label: &str, kind: &str, value: &str| json!({"customFields": [{"label": label, "kind": kind, "value": value}]});
    let many = |n: usize| json!({"customFields": vec![json!({"label": "x", "kind": "text"}); n]});
    let field = |name: &str, value: &str| json!({"fields": {name: value}});
    let tags = |n: usize| json!({"tags": (0..n).map(|n| n.to_string()).collect::<Vec<_>>()});
    let cases = [
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"name": "a\tb"}), "name"),
        (json!({"name": "gnp.\u{202e}exe"}), "name"),
        (field("username", &"x".repeat(321)), "fields.username"),
        (field("username", "\u{0}"), "fields.username"),
        (field("password", "a\u{0}b"), "fields.password"),
        (field("password", &"x".repeat(8001)), "fields.password"),
        (field("notes", "\u{7}"), "fields.notes"),
        (field("notes", &"x".repeat(20_001)), "fields.notes"),
        (field("nothing", "x"), "fields.nothing"),
        (many(51), "customFields"),
        (custom("", "text", "x"), "customFields.0.label"),
        (
            custom(&"x".repeat(121), "text", "x"),
            "customFields.0.label",
        ),
        (custom("x\u{0}", "text", "x"), "customFields.0.label"),
        (custom("\u{2066}x", "text", "x"), "customFields.0.label"),
        (
            custom("x", "hidden", &"y".repeat(4001)),
            "customFields.0.value",
        ),
        (
            custom("x", "text", "gnp.\u{202e}exe"),
            "customFields.0.value",
        ),
        (custom("x", "boolean", "yes"), "customFields.0.value"),
        (custom("x", "date", "2026-02-30"), "customFields.0.value"),
        (tags(31), "tags"),
        (json!({"tags": [""]}), "tags"),
        (json!({"tags": ["x".repeat(61)]}), "tags"),
        (json!({"tags": ["\u{202e}x"]}), "tags"),
    ];
    for (wrong, name) in cases {
        let changed = ada.change(&path, 1, wrong.clone()).await;
        let changed = changed.expect_problem(422, "invalid");
        assert_eq!(changed.wrong_fields(), [name], "{wrong}");
        let mut body = whole();
        let (member, value) = wrong.as_object().unwrap().iter().next().unwrap();
        if member == "fields" {
            let given = value.as_object().unwrap().iter().next().unwrap();
            body["fields"][given.0] = given.1.clone();
        } else {
            body[member] = value.clone();
        }
        let stored = ada
            .post(&secrets, body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(stored.wrong_fields(), [name], "{wrong}");
    }
    assert_eq!(server.database.count("secrets").await, 1);
    let missing = json!({"type": "PASSWORD", "name": "x"});
    let missing = ada
        .post(&secrets, missing)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(missing.wrong_fields(), ["fields.password"]);
}

#[tokio::test]
async fn the_longest_of_everything_comes_back() {
    let server = Server::start().await;
    let (ada, _, secrets) = one(&server).await;
    let fields = json!({
        "username": "ü".repeat(320), "password": "\u{1f512}".repeat(8000), "notes": "n".repeat(20_000),
    });
    let custom = vec![json!({"label": "x", "kind": "hidden", "value": "y".repeat(4000)}); 50];
    let name = "\u{1f9ee}".repeat(200);
    let tags: Vec<String> = (0..30).map(|n| format!("{n:060}")).collect();
    let full = json!({
        "type": "PASSWORD", "name": name, "fields": fields, "customFields": custom, "tags": tags,
    });
    let id = ada.post(&secrets, full.clone()).await.expect(201).id();
    let path = format!("{secrets}/{id}");
    for field in ["password", "notes"] {
        let revealed = ada.reveal(&path, field).await.expect(200).json();
        assert_eq!(revealed["value"], full["fields"][field]);
    }
    let note = json!({"body": "\u{1f9ee}".repeat(200_000)});
    let note = json!({"type": "SECURE_NOTE", "name": "x", "fields": note});
    ada.post(&secrets, note).await.expect(201);
    let huge =
        json!({"type": "SECURE_NOTE", "name": "x", "fields": {"body": "x".repeat(10_485_760)}});
    ada.post(&secrets, huge)
        .await
        .expect_problem(413, "too-large");
}

#[tokio::test]
async fn whatever_a_password_holds_comes_back_unchanged() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    for (version, password) in (1..).zip([
        " ",
        "\"\\/{}[]",
        "'; DROP TABLE secrets; --",
        "<script>alert(1)</script>",
        "e\u{301} is not \u{e9}",
        "\u{202e}right to left\u{200b}",
        "\u{fffd}\u{10ffff}",
    ]) {
        let change = json!({"fields": {"password": password}});
        ada.change(&path, version, change).await.expect(200);
        let revealed = ada.reveal(&path, "password").await.expect(200);
        assert_eq!(revealed.json()["value"], password);
    }
}

#[tokio::test]
async fn what_is_no_secret_is_refused() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    for (field, value) in [
        ("type", json!("password")),
        ("type", json!("NOTHING")),
        ("type", json!(null)),
        ("fields", json!(null)),
        ("fields", json!({"password": null})),
        ("fields", json!({"password": 7})),
        ("fields", json!(["hunter2"])),
        ("name", json!(["x"])),
        ("tags", json!("x")),
        ("highSensitivity", json!("true")),
        ("customFields", json!({"label": "x", "value": "y"})),
        ("customFields", json!([{"label": "x"}])),
        ("customFields", json!([{"label": "x", "kind": "secret"}])),
        (
            "customFields",
            json!([{"label": "x", "kind": "text", "more": "z"}]),
        ),
        ("version", json!(1)),
        ("vaultId", json!("x")),
        ("fingerprint", json!("x")),
    ] {
        let mut body = whole();
        body[field] = value;
        let answer = ada.post(&secrets, body).await;
        let answer = answer.expect_problem(400, "bad-request");
        assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    }
    for body in [
        json!({"type": "PASSWORD"}),
        json!({"id": "x"}),
        json!({"version": 1}),
    ] {
        let answer = ada.change(&path, 1, body).await;
        answer.expect_problem(400, "bad-request");
    }
}

#[tokio::test]
async fn a_secret_is_found_in_its_own_vault_only() {
    let server = Server::start().await;
    let (ada, path, secrets) = one(&server).await;
    let other = ada.vault("Other").await;
    let id = path.rsplit('/').next().unwrap();
    let elsewhere = format!("/vaults/{other}/secrets/{id}");
    for answer in [
        ada.get(&elsewhere).await,
        ada.reveal(&elsewhere, "password").await,
        ada.change(&elsewhere, 1, json!({"name": "moved"})).await,
        ada.delete(&elsewhere).await,
        ada.get(&format!("{elsewhere}/versions")).await,
        ada.reveal(&format!("{elsewhere}/versions/1"), "password")
            .await,
        ada.post(&format!("{elsewhere}/versions/1/restore"), Value::Null)
            .await,
        ada.put(&format!("{elsewhere}/favourite"), Value::Null)
            .await,
    ] {
        answer.expect_problem(404, "not-found");
    }
    assert_eq!(ada.get(&secrets).await.json()["items"][0]["name"], "Mail");
}

#[tokio::test]
async fn the_types_are_listed_with_their_fields() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let types = ada.get("/secret-types").await.expect(200).json();
    assert_eq!(types.as_array().unwrap().len(), 9);
    assert_eq!(types[0]["type"], "PASSWORD");
    let password = &types[0]["fields"][1];
    assert_eq!(password["name"], "password");
    assert_eq!(password["concealed"], true);
}
