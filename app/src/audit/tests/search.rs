//! Finding entries, following them, and taking them along as files.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{event, trail};
use crate::audit::WriteTx;
use crate::kernel::OrgId;
use crate::testing::{Answer, Person, Server};

fn actions(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["action"].as_str().unwrap().to_owned())
        .collect()
}

async fn found(person: &Person, query: &str) -> Vec<String> {
    let page = person
        .get(&format!("/audit-events?limit=1000&{query}"))
        .await;
    actions(&page.expect(200).json())
}

/// Writes an entry about something that has a name.
async fn named(server: &Server, person: &Person, name: &str) -> Uuid {
    let event = event(person).named(name).denied("role");
    let tx = WriteTx::begin(&server.app.db, OrgId::from_uuid(person.org))
        .await
        .unwrap();
    tx.commit(&server.app.keys, &event).await.unwrap();
    event.resource.unwrap().id
}

#[tokio::test]
async fn entries_are_found_by_who_what_where_when_and_how() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let vault = bob.vault("Engines").await;
    let thing = named(&server, &ada, "Analytical mill").await;
    let token = ada.token(&["vaults:read", "vaults:write"]).await;
    token
        .post("/vaults", json!({"name": "By token"}))
        .await
        .expect(201);

    let by_bob = ["vault.created", "session.signed-in"];
    assert_eq!(found(&ada, &format!("actor={}", bob.user)).await, by_bob);
    assert_eq!(found(&ada, "actorKind=token").await, ["vault.created"]);
    assert_eq!(
        found(&ada, "actorKind=platform").await,
        Vec::<String>::new()
    );
    assert_eq!(found(&ada, "action=vault.created").await.len(), 3);
    assert_eq!(
        found(&ada, "action=vault.&result=denied").await,
        ["vault.created"]
    );
    assert_eq!(
        found(&ada, &format!("resourceId={vault}")).await,
        ["vault.created"]
    );
    assert_eq!(
        found(&ada, &format!("resourceId={thing}&resourceType=vault"))
            .await
            .len(),
        1
    );
    assert_eq!(found(&ada, "resourceType=team").await, Vec::<String>::new());
    let whole = trail(&bob).await;
    let by_bob_made = |entry: &&Value| {
        entry["actor"]["id"] == bob.user.to_string() && entry["action"] == "vault.created"
    };
    let entry = whole.iter().find(by_bob_made).unwrap();
    let address = entry["address"].as_str().unwrap();
    assert_eq!(found(&ada, &format!("address={address}")).await, by_bob);
    assert_eq!(
        found(&ada, &format!("address={address}/127&action=vault.")).await,
        ["vault.created"]
    );
    assert_eq!(
        found(&ada, "address=192.0.2.0/24").await,
        Vec::<String>::new()
    );
    let at = entry["at"].as_str().unwrap();
    assert_eq!(
        found(&ada, &format!("until={at}")).await.len()
            + found(&ada, &format!("since={at}")).await.len(),
        trail(&ada).await.len()
    );
    // Words: in the sealed name, in the person's, in the reason; all of them.
    for words in ["MILL", "ada%20mill", "denied", &thing.to_string()] {
        assert_eq!(
            found(&ada, &format!("q={words}")).await,
            ["vault.created"],
            "{words}"
        );
    }
    assert_eq!(found(&ada, "q=mill%20bob").await, Vec::<String>::new());
    for wrong in [
        "actor=ada",
        "since=now",
        "result=x",
        "limit=0",
        "limit=1001",
        "cursor=x",
        "address=x",
    ] {
        let refused = ada.get(&format!("/audit-events?{wrong}")).await;
        let refused = refused.expect_problem(422, "invalid").wrong_fields();
        assert_eq!(refused, [wrong.split_once('=').unwrap().0]);
    }
}

#[tokio::test]
async fn an_entry_says_who_did_what_to_what_from_where_and_how_it_ended() {
    let server = Server::start().await;
    let ada = server.owner().await;
    named(&server, &ada, "Analytical mill").await;
    let answer = ada
        .post("/vaults", json!({"name": "Engines"}))
        .await
        .expect(201);
    let trail = trail(&ada).await;
    let made = &trail[0];
    assert_eq!(made["actor"]["kind"], "user");
    assert_eq!(made["actor"]["id"], ada.user.to_string());
    assert_eq!(made["actor"]["name"], "Ada Lovelace");
    assert!(made["actor"]["session"].is_string(), "{made}");
    assert_eq!(made["actor"]["factors"], json!(["password", "link"]));
    assert_eq!(made["actor"]["stepUp"], Value::Null);
    assert_eq!(
        (&made["result"], &made["reason"]),
        (&json!("success"), &Value::Null)
    );
    assert_eq!(made["request"], answer.header("x-request-id"));
    let (one, other) = (&trail[0]["monotonic"], &trail[1]["monotonic"]);
    assert_eq!(one["server"], other["server"]);
    assert!(one["micros"].as_i64() > other["micros"].as_i64());
    let named = &trail[1];
    assert_eq!(named["resource"]["name"], "Analytical mill");
    assert_eq!(
        (&named["result"], &named["reason"]),
        (&json!("denied"), &json!("role"))
    );
    // Nobody with the database alone reads the name, and it opens nowhere else.
    let stored = "audit_events WHERE audit_events::text ILIKE '%mill%'
                  OR encode(name, 'escape') ILIKE '%mill%'";
    assert_eq!(server.database.count(stored).await, 0);
}

#[tokio::test]
async fn a_search_for_words_goes_on_where_it_stopped() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for number in 0..5 {
        ada.vault(&format!("vault {number}")).await;
        named(&server, &ada, "mill").await;
    }
    let (mut seen, mut next) = (0, String::new());
    loop {
        let page = ada
            .get(&format!("/audit-events?q=mill&limit=2{next}"))
            .await
            .expect(200);
        seen += page.json()["items"].as_array().unwrap().len();
        match page.json()["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, 5);
}

#[tokio::test]
async fn whoever_follows_the_trail_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let token = ada.token(&["audit:read"]).await;
    let root = server.browser();
    let (mut seen, mut cursor) = (Vec::new(), "0".to_owned());
    for round in 0..6 {
        ada.vault(&format!("vault {round}")).await;
        let page = token
            .get(&format!("/events?limit=2&cursor={cursor}"))
            .await
            .expect(200)
            .json();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["seq"].as_i64().unwrap()));
        cursor = page["nextCursor"].as_str().unwrap().to_owned();
    }
    let all: Vec<i64> = (1..=i64::try_from(seen.len()).unwrap()).collect();
    assert_eq!(seen, all);
    let rest = token
        .get(&format!("/events?cursor={cursor}&limit=1000"))
        .await
        .expect(200)
        .json();
    let end = rest["nextCursor"].as_str().unwrap_or(&cursor).to_owned();
    let nothing = token
        .get(&format!("/events?cursor={end}"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        nothing,
        json!({"items": [], "nextCursor": end, "hasMore": false})
    );
    // The path that log collectors know is the same, for a token that may.
    root.get("/events/v1")
        .await
        .expect_problem(401, "not-signed-in");
    let secret = ada.token_secret(&["audit:read"]).await;
    let asked = root
        .clone()
        .with_bearer(&secret)
        .get("/events/v1?limit=3")
        .await
        .expect(200);
    let here = token.get("/events?limit=3").await.expect(200);
    assert_eq!(asked.json(), here.json());
    let other = ada.token_secret(&["vaults:read"]).await;
    root.with_bearer(&other).get("/events/v1").await.expect(403);
}

async fn exported(person: &Person, format: &str, filter: Value) -> Answer {
    let body = json!({"format": format, "filter": filter});
    person.post("/audit-events/export", body).await.expect(200)
}

#[tokio::test]
async fn the_trail_is_exported_in_each_format_and_that_is_recorded() {
    let server = Server::start().await;
    let ada = server.owner().await;
    named(&server, &ada, "=HYPERLINK(\"http://evil.test\")").await;
    for number in 0..600 {
        if number % 100 == 0 {
            ada.vault(&format!("vault {number}")).await;
        }
        named(&server, &ada, "mill").await;
    }
    let lines = exported(&ada, "jsonl", json!({})).await.text();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 609, "more than a page, its own entry the last");
    assert!(lines.iter().zip(1..).all(|(line, seq)| line["seq"] == seq));
    assert_eq!(lines[608]["action"], "audit.exported");
    assert_eq!(
        lines[608]["detail"],
        json!({"format": "jsonl", "filter": {}})
    );
    let csv = exported(&ada, "csv", json!({"q": "hyperlink"})).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.text().lines().count(), 2);
    assert!(
        csv.text()
            .contains("\"'=HYPERLINK(\"\"http://evil.test\"\")\""),
        "{}",
        csv.text()
    );
    let ocsf = exported(&ada, "ocsf", json!({"action": "audit."}))
        .await
        .text();
    let ocsf: Value = serde_json::from_str(ocsf.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&ocsf["class_uid"], &ocsf["type_uid"]),
        (&json!(3004), &json!(300_402))
    );
    assert_eq!(ocsf["actor"]["user"]["name"], "Ada Lovelace");
    let recorded = &trail(&ada).await[1];
    let words = json!({"format": "csv", "filter": {"words": true}});
    assert_eq!(recorded["detail"], words, "what was looked for is not kept");
}
