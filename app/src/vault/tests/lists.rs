//! Lists, filters, favourites, many at once, and the same request again.

use base64::Engine as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use time::Duration;

use crate::kernel::Clock;
use crate::testing::{Person, Server};

async fn names(person: &Person, path: &str) -> Vec<String> {
    let list = person.get(path).await.expect(200).json();
    let items = list["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn tagged(person: &Person, vault: &str, name: &str, tags: &[&str]) -> String {
    let fields = json!({"password": "x"});
    let body = json!({"type": "PASSWORD", "name": name, "fields": fields, "tags": tags});
    person.store(vault, body).await
}

fn id(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn lists_are_filtered_by_type_tag_and_favourite() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let vault = ada.vault("Engines").await;
    server.grant(&vault, &bob, "VIEWER").await;
    let one = tagged(&ada, &vault, "one", &["red"]).await;
    tagged(&ada, &vault, "two", &["blue", "red"]).await;
    let note = json!({"type": "SECURE_NOTE", "name": "three", "fields": {"body": "x"}});
    ada.store(&vault, note).await;
    let favourite = format!("{one}/favourite");
    for _ in 0..2 {
        ada.put(&favourite, Value::Null).await.expect(204);
    }
    let secrets = format!("/vaults/{vault}/secrets");
    for (query, expected) in [
        ("", vec!["three", "two", "one"]),
        ("?type=SECURE_NOTE", vec!["three"]),
        ("?tag=red", vec!["two", "one"]),
        ("?tag=RED", vec![]),
        ("?tag=red&type=PASSWORD&favourite=true", vec!["one"]),
        ("?favourite=false", vec!["three", "two"]),
        ("?type=&tag=", vec!["three", "two", "one"]),
    ] {
        assert_eq!(
            names(&ada, &format!("{secrets}{query}")).await,
            expected,
            "{query}"
        );
    }
    // What somebody keeps at hand is theirs alone.
    assert!(
        names(&bob, &format!("{secrets}?favourite=true"))
            .await
            .is_empty()
    );
    assert_eq!(ada.get(&one).await.json()["favourite"], true);
    assert_eq!(bob.get(&one).await.json()["favourite"], false);
    ada.delete(&favourite).await.expect(204);
    assert!(
        names(&ada, &format!("{secrets}?favourite=true"))
            .await
            .is_empty()
    );
    let marks = "audit_events WHERE action LIKE 'secret.%favourited'";
    assert_eq!(server.database.count(marks).await, 2, "each act once");
    let wrong = ada.get(&format!("{secrets}?type=THING")).await;
    assert_eq!(
        wrong.expect_problem(422, "invalid").wrong_fields(),
        ["type"]
    );
    let wrong = ada.get(&format!("{secrets}?favourite=yes")).await;
    wrong.expect_problem(400, "bad-request");
}

#[tokio::test]
async fn pages_are_full_where_few_have_the_tag_and_stable_under_writes() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    for n in 0..9 {
        let tags: &[&str] = if n % 3 == 0 { &["red"] } else { &[] };
        tagged(&ada, &vault, &n.to_string(), tags).await;
    }
    let secrets = format!("/vaults/{vault}/secrets?tag=red&limit=2");
    let first = ada.get(&secrets).await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["nextCursor"].as_str().unwrap();
    // Nothing that is written meanwhile is shown twice or left out.
    tagged(&ada, &vault, "new", &["red"]).await;
    ada.delete(&format!(
        "/vaults/{vault}/secrets/{}",
        first["items"][1]["id"].as_str().unwrap()
    ))
    .await
    .expect(204);
    let second = ada.get(&format!("{secrets}&cursor={cursor}")).await.json();
    assert_eq!(second["items"][0]["name"], "0");
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second["nextCursor"], Value::Null);
}

/// Five thousand variables, of which every four hundredth has a tag; the ids of those, the newest first.
async fn rare(person: &Person, vault: &str) -> Vec<String> {
    let path = format!("/vaults/{vault}/secrets/import");
    // In parts, so that none comes near the time that a request has.
    for part in 0..10 {
        let lines = (part * 500..part * 500 + 500).map(|number| format!("V{number}=x\n"));
        let file = lines.collect::<String>();
        let file = base64::engine::general_purpose::STANDARD.encode(file);
        let import = json!({"format": "dotenv", "file": file});
        let done = person.post(&path, import).await.expect(200).json();
        assert_eq!(done["imported"], 500);
    }
    let all = person
        .walk(&format!("/vaults/{vault}/secrets?limit=100"))
        .await;
    assert_eq!(all.len(), 5000);
    let rare = all.iter().skip(399).step_by(400);
    let rare: Vec<String> = rare
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let body = json!({"action": "tag", "ids": rare, "tag": "rare"});
    let bulk = format!("/vaults/{vault}/secrets/bulk");
    person.post(&bulk, body).await.expect(200);
    rare
}

#[tokio::test]
async fn a_rare_tag_is_found_to_the_last_record_each_once_while_others_write() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let rare = rare(&ada, &vault).await;
    let secrets = format!("/vaults/{vault}/secrets");
    let (mut found, mut short, mut next) = (Vec::new(), 0, String::new());
    loop {
        let path = format!("{secrets}?tag=rare&limit=2&cursor={next}");
        let page = ada.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        found.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        short += usize::from(items.len() < 2);
        next = cursor.to_owned();
        // Meanwhile a record with the tag comes, which is newer than all of them, and the one on which the
        // cursor stands goes.
        let variable = json!({
            "type": "ENV_VAR", "name": "new", "tags": ["rare"],
            "fields": {"variable": "NEW", "value": "x"},
        });
        ada.store(&vault, variable).await;
        let last = found.last().unwrap();
        ada.delete(&format!("{secrets}/{last}")).await.expect(204);
    }
    assert_eq!(found, rare, "each of them once, the newest first");
    assert_eq!(
        short, 0,
        "a page is full as long as two are within two thousand"
    );
}

/// Where fewer than a page are within what one request opens, the page ends early and the next goes on.
#[tokio::test]
async fn a_page_that_ends_early_says_where_to_go_on() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let rare = rare(&ada, &vault).await;
    let secrets = format!("/vaults/{vault}/secrets");
    let gone = json!({"action": "untag", "ids": rare[..11], "tag": "rare"});
    ada.post(&format!("{secrets}/bulk"), gone).await.expect(200);
    let (mut found, mut empty, mut next) = (Vec::new(), 0, String::new());
    loop {
        let path = format!("{secrets}?tag=rare&cursor={next}");
        let page = ada.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        found.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        match page["nextCursor"].as_str() {
            Some(cursor) => next = cursor.to_owned(),
            None => break,
        }
        empty += usize::from(items.is_empty());
        // The record on which the cursor stands goes, and the walk does not lose its way.
        ada.delete(&format!("{secrets}/{next}")).await.expect(204);
    }
    assert_eq!(found, rare[11..], "the last one");
    assert_eq!(
        empty, 2,
        "two requests opened two thousand each for nothing"
    );
}

#[tokio::test]
async fn many_are_changed_at_once_or_none_with_an_entry_for_each() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (vault, other) = (ada.vault("Engines").await, ada.vault("Other").await);
    let paths = [
        tagged(&ada, &vault, "one", &[]).await,
        tagged(&ada, &vault, "two", &["red"]).await,
    ];
    let ids: Vec<String> = paths.iter().map(|path| id(path)).collect();
    let bulk = format!("/vaults/{vault}/secrets/bulk");
    let done = async |body: Value, changed: usize, action: &str| {
        let before = server.database.count("audit_events").await;
        let answer = ada.post(&bulk, body).await.expect(200).json();
        assert_eq!(answer, json!({"changed": changed}), "{action}");
        let added = i64::try_from(changed).unwrap();
        assert_eq!(server.database.count("audit_events").await, before + added);
        let trail = ada.get("/audit-events?limit=1").await.json();
        assert_eq!(trail["items"][0]["action"], action);
    };
    done(
        json!({"action": "tag", "ids": ids, "tag": " red "}),
        1,
        "secret.tagged",
    )
    .await;
    done(
        json!({"action": "untag", "ids": ids, "tag": "red"}),
        2,
        "secret.tagged",
    )
    .await;
    done(json!({"action": "trash", "ids": ids}), 2, "secret.trashed").await;
    done(
        json!({"action": "restore", "ids": ids}),
        2,
        "secret.restored",
    )
    .await;
    let nothing = uuid::Uuid::now_v7().to_string();
    let before = server.database.count("audit_events").await;
    for action in ["trash", "restore", "move", "tag"] {
        let some = [ids[0].clone(), nothing.clone()];
        let body = json!({"action": action, "ids": some, "to": other, "tag": "blue"});
        ada.post(&bulk, body).await.expect_problem(404, "not-found");
    }
    assert_eq!(
        ada.get(&paths[0]).await.json()["tags"],
        json!([]),
        "all or none"
    );
    for (body, field) in [
        (json!({"action": "trash", "ids": []}), "ids"),
        (json!({"action": "trash", "ids": vec![nothing; 501]}), "ids"),
        (json!({"action": "move", "ids": ids}), "to"),
        (json!({"action": "move", "ids": ids, "to": vault}), "to"),
        (json!({"action": "tag", "ids": ids}), "tag"),
        (
            json!({"action": "tag", "ids": ids, "tag": "x".repeat(61)}),
            "tags",
        ),
    ] {
        let answer = ada
            .post(&bulk, body.clone())
            .await
            .expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), [field], "{body}");
    }
    assert_eq!(server.database.count("audit_events").await, before);
    done(
        json!({"action": "move", "ids": ids, "to": other}),
        2,
        "secret.moved",
    )
    .await;
    let there = format!("/vaults/{other}/secrets");
    assert_eq!(names(&ada, &there).await, ["two", "one"]);
    ada.reveal(&format!("{there}/{}", ids[0]), "password")
        .await
        .expect(200);
    let app = &server.app;
    let report = crate::custody::verify(&app.db, &app.keys).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
}

#[tokio::test]
async fn the_same_request_under_the_same_key_makes_nothing_for_a_day() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secrets = format!("/vaults/{vault}/secrets");
    let body =
        |password: &str| json!({"type": "PASSWORD", "name": "x", "fields": {"password": password}});
    let keyed = (*ada)
        .clone()
        .with_header("idempotency-key", "one and the same");
    let answers = join_all((0..6).map(|_| keyed.post(&secrets, body("x")))).await;
    let ids: Vec<String> = answers
        .into_iter()
        .map(|answer| answer.expect(201).id())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(server.database.count("secrets").await, 1);
    let created = "audit_events WHERE action = 'secret.created'";
    assert_eq!(server.database.count(created).await, 1);
    let other = keyed.post(&secrets, body("y")).await;
    other.expect_problem(422, "idempotency-key-reused");
    let elsewhere = format!("/vaults/{}/secrets", ada.vault("Other").await);
    let other = keyed.post(&elsewhere, body("x")).await;
    other.expect_problem(422, "idempotency-key-reused");
    // Somebody else's key is another one.
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    server.grant(&vault, &bob, "EDITOR").await;
    let theirs = (*bob)
        .clone()
        .with_header("idempotency-key", "one and the same");
    assert_ne!(
        theirs.post(&secrets, body("y")).await.expect(201).id(),
        ids[0]
    );
    let tomorrow = Clock::fixed(Clock::system().now() + Duration::hours(25));
    let tomorrow = server.replica(tomorrow, &[]).await;
    let ada = tomorrow.sign_in("ada@example.com").await;
    let keyed = (*ada)
        .clone()
        .with_header("idempotency-key", "one and the same");
    assert_ne!(
        keyed.post(&secrets, body("y")).await.expect(201).id(),
        ids[0]
    );
    for bad in ["", &"x".repeat(201)] {
        let keyed = (*ada).clone().with_header("idempotency-key", bad);
        let answer = keyed.post(&secrets, body("x")).await;
        answer.expect_problem(400, "bad-request");
    }
}
