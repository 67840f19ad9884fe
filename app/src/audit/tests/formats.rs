//! Whatever form a trail is read in, each row says who did what to what, how it ended, and when.

use serde_json::{Value, json};

use crate::testing::{Client, Person, Server};

/// What each row has to say, and where JSON lines and the events have it.
const PARTS: [(&str, &str, &str); 16] = [
    ("seq", "/seq", "/metadata/sequence"),
    ("at", "/at", "/metadata/original_time"),
    ("server", "/monotonic/server", "/unmapped/monotonic/server"),
    (
        "monotonicMicros",
        "/monotonic/micros",
        "/unmapped/monotonic/micros",
    ),
    ("actorKind", "/actor/kind", "/unmapped/actor/kind"),
    ("actorId", "/actor/id", "/actor/user/uid"),
    ("session", "/actor/session", "/unmapped/actor/session"),
    ("token", "/actor/token", "/unmapped/actor/token"),
    ("stepUp", "/actor/stepUp", "/unmapped/actor/stepUp"),
    ("action", "/action", "/metadata/event_code"),
    ("resourceType", "/resource/type", "/unmapped/resource/type"),
    ("resourceId", "/resource/id", "/unmapped/resource/id"),
    ("resourceName", "/resource/name", "/unmapped/resource/name"),
    ("result", "/result", "/unmapped/result"),
    ("address", "/address", "/src_endpoint/ip"),
    ("request", "/request", "/unmapped/request"),
];

async fn exported(person: &Person, format: &str) -> Vec<Value> {
    let body = json!({"format": format, "filter": {"action": "vault.deleted"}});
    let file = person.post("/audit-events/export", body).await.expect(200);
    let lines = file.text();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The only row of a table, by the names of its columns.
async fn table(person: &Person) -> Vec<(String, String)> {
    let body = json!({"format": "csv", "filter": {"action": "vault.deleted"}});
    let file = person.post("/audit-events/export", body).await.expect(200);
    let text = file.text();
    let mut lines = text.lines();
    let head = lines.next().unwrap().split(',').map(str::to_owned);
    // Up to the last cell, which holds JSON, none holds a comma.
    let row = lines.next().unwrap().split("\",\"");
    let row = row.map(|cell| cell.trim_matches('"').to_owned());
    assert_eq!(lines.next(), None);
    head.zip(row).collect()
}

async fn events(client: &Client, path: &str) -> Value {
    let page = client.get(&format!("{path}?action=vault.deleted")).await;
    page.expect(200).json()["items"][0].clone()
}

#[tokio::test]
async fn each_row_says_who_what_whereby_and_when_in_every_form() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.delete_proven(&format!("/vaults/{vault}"))
        .await
        .expect(204);
    let row = events(&ada, "/events").await;
    let token = ada.token_secret(&["audit:read"]).await;
    let collector = server.browser().with_bearer(&token);
    assert_eq!(events(&collector, "/events/v1").await, row);
    assert_eq!(exported(&ada, "jsonl").await, std::slice::from_ref(&row));
    let ocsf = &exported(&ada, "ocsf").await[0];
    let table = table(&ada).await;
    let said = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    for (column, line, event) in PARTS {
        let cell = table.iter().find(|(name, _)| name == column);
        let expected = said(row.pointer(line));
        // By a session, and not by a token.
        assert_eq!(expected.is_empty(), column == "token", "{column}: {row}");
        assert_eq!(cell.unwrap().1, expected, "{column}");
        assert_eq!(said(ocsf.pointer(event)), expected, "{column}: {ocsf}");
    }
    let factors = table.iter().find(|(name, _)| name == "factors").unwrap();
    assert_eq!(factors.1, "password link");
    assert_eq!(row["actor"]["factors"], json!(["password", "link"]));
    assert_eq!(
        ocsf["unmapped"]["actor"]["factors"],
        row["actor"]["factors"]
    );
    assert_eq!(row["resource"]["name"], "Engines");
    for of in [&row["reason"], &ocsf["status_detail"]] {
        assert_eq!(of, &Value::Null, "it ended well");
    }
    assert!(table.iter().any(|(name, _)| name == "reason"));
}
