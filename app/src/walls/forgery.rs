//! Requests that other sites start, in every route that changes something, and headers that lie.

use std::net::IpAddr;

use http::{Method, Request};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::contract::{Operation, operations};
use crate::testing::{Answer, Client, ORIGIN, PASSWORD, Person, Server};

/// Everything that the tables hold of one organisation, whole, whatever tables there are.
pub(super) async fn rows_of(server: &Server, org: Uuid) -> Vec<String> {
    let mut behind = server.database.behind().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT attrelid::regclass::text FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid
         WHERE attname = 'org_id' AND relkind IN ('r', 'p')
           AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    assert!(tables.len() >= 7, "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
        let statement =
            format!("SELECT '{table} ' || t::text FROM {table} t WHERE org_id = $1 ORDER BY 1");
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(org)
            .fetch_all(&mut behind)
            .await
            .unwrap();
        rows.extend(found);
    }
    rows
}

/// A request with whatever headers, from the client's address and with its cookie.
pub(super) async fn send(
    client: &Client,
    (method, path): (&Method, &str),
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"));
    if let Some(cookie) = client.cookie() {
        request = request.header("cookie", cookie);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = body.map_or_else(String::new, |body| body.to_string());
    client
        .send_request(request.body(body.into()).unwrap())
        .await
}

pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) ada: Person,
    pub(super) bob: Person,
    vault: String,
    secret: String,
}

/// Ada, who is not to be touched, and Bob with a vault and a secret in an organisation of his own.
pub(super) async fn stage() -> Stage {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    for person in [&ada, &bob] {
        let vault = person.vault("Engines").await;
        person.secret(&vault, "mill", "hunter2").await;
    }
    let vault = bob.get("/vaults").await.string("/items/0/id");
    let secrets = format!("/vaults/{vault}/secrets");
    let secret = bob.get(&secrets).await.string("/items/0/id");
    Stage {
        server,
        ada,
        bob,
        vault,
        secret,
    }
}

impl Stage {
    /// A path to what is Bob's; elsewhere to nothing.
    pub(super) fn path(&self, operation: &Operation) -> String {
        operation.with(|name| match name {
            "vaultId" => self.vault.clone(),
            "secretId" => self.secret.clone(),
            _ => Uuid::now_v7().to_string(),
        })
    }
}

/// A form may send text that happens to be JSON without asking first, and from a sandboxed frame its
/// origin is `null`.
#[tokio::test]
async fn json_as_plain_text_from_the_origin_null_changes_nothing() {
    let stage = stage().await;
    let before = rows_of(&stage.server, stage.bob.org).await;
    for operation in operations().iter().filter(|operation| !operation.is_safe()) {
        let path = stage.path(operation);
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
        ] {
            let headers = [("origin", "null"), ("content-type", media_type)];
            let what = (&operation.method, path.as_str());
            let answer = send(&stage.bob, what, &headers, operation.body()).await;
            answer.expect_problem(403, "origin-refused");
        }
    }
    assert_eq!(rows_of(&stage.server, stage.bob.org).await, before);
    stage.bob.get("/me").await.expect(200);
}

#[tokio::test]
async fn another_site_a_subdomain_and_whoever_names_no_origin_change_nothing() {
    let stage = stage().await;
    let before = rows_of(&stage.server, stage.bob.org).await;
    let json = ("content-type", "application/json");
    let elsewhere: [&[(&str, &str)]; 9] = [
        &[json],
        &[json, ("origin", "https://evil.test")],
        &[json, ("origin", "http://evil.localhost:4000")],
        &[json, ("origin", "http://localhost:4000.evil.test")],
        &[
            json,
            ("origin", "http://localhost:4000"),
            ("origin", "null"),
        ],
        &[json, ("sec-fetch-site", "cross-site")],
        &[json, ("sec-fetch-site", "same-site")],
        &[json, ("sec-fetch-site", "none")],
        &[
            json,
            ("referer", "http://localhost:4000/"),
            ("host", "localhost:4000"),
        ],
    ];
    for operation in operations().iter().filter(|operation| !operation.is_safe()) {
        let path = stage.path(operation);
        for headers in elsewhere {
            let what = (&operation.method, path.as_str());
            let answer = send(&stage.bob, what, headers, operation.body()).await;
            answer.expect_problem(403, "origin-refused");
        }
    }
    assert_eq!(rows_of(&stage.server, stage.bob.org).await, before);
    let own = [json, ("sec-fetch-site", "same-origin")];
    let body = json!({"name": "from our own page"});
    let made = send(&stage.bob, (&Method::POST, "/vaults"), &own, Some(body)).await;
    made.expect(201);
}

/// The method that decides is the request's own.
#[tokio::test]
async fn a_method_in_a_header_or_a_query_is_not_one() {
    let stage = stage().await;
    let path = format!("/vaults/{}", stage.vault);
    for header in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        let answer = send(
            &stage.bob,
            (&Method::GET, &path),
            &[(header, "DELETE")],
            None,
        )
        .await;
        answer.expect(200);
    }
    let query = format!("{path}?_method=DELETE");
    send(&stage.bob, (&Method::GET, &query), &[], None)
        .await
        .expect(200);
    stage.bob.get(&path).await.expect(200);
}

/// What a stranger says about where they come from is believed of nobody but a proxy of ours.
#[tokio::test]
async fn headers_of_untrusted_proxies_are_not_believed() {
    let server = Server::start_with(&[("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    server.owner().await;
    let lies = [
        ("x-forwarded-for", "10.0.0.1, 198.51.100.7"),
        ("x-real-ip", "198.51.100.7"),
        ("forwarded", "for=198.51.100.7;proto=https;host=evil.test"),
        ("cf-connecting-ip", "198.51.100.7"),
        ("true-client-ip", "198.51.100.7"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/evil"),
        ("host", "evil.test"),
        ("origin", ORIGIN),
        ("content-type", "application/json"),
    ];
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    for (peer, seen) in [
        ("203.0.113.9", "203.0.113.9"),
        // Our own proxy is believed for what it wrote last, and for nothing before it.
        ("10.0.0.2", "198.51.100.7"),
    ] {
        let visitor = server.visitor().with_address(address(peer));
        let what = (&Method::POST, "/auth/sign-in");
        let answer = send(&visitor, what, &lies, Some(body.clone())).await;
        let answer = answer.expect(200);
        let line = answer.header("set-cookie");
        assert!(line.starts_with("vt_session="), "{line}");
        for word in ["Secure", "Domain", "evil"] {
            assert!(!line.contains(word), "{line}");
        }
        let ada = visitor.with_cookie(answer.cookie());
        let devices = ada.get("/me/sessions").await.expect(200).json();
        let own = devices["items"].as_array().unwrap().iter();
        let own: Vec<_> = own.filter(|one| one["current"] == true).collect();
        assert_eq!(own[0]["address"], seen, "{devices}");
        let events = ada.get("/audit-events?limit=1").await.expect(200).json();
        let event = events["items"][0].to_string();
        assert!(event.contains(seen), "{event}");
        assert!(!event.contains("evil"), "{event}");
    }
}
