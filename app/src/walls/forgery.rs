//! Requests that other sites start, headers that lie, and names that want to be more than names: in
//! every route of the document where it has a meaning.

use std::net::IpAddr;

use http::{Method, Request};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::contract::{Operation, operations};
use crate::testing::{Answer, Client, ORIGIN, PASSWORD, Person, Server, redis};

/// Everything that the tables hold of one organisation, whole, whatever tables there are.
async fn rows_of(server: &Server, org: Uuid) -> Vec<String> {
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
async fn send(
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

struct Stage {
    server: Server,
    ada: Person,
    bob: Person,
    vault: String,
    secret: String,
}

/// Ada, who is not to be touched, and Bob with a vault and a secret in an organisation of his own.
async fn stage() -> Stage {
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
    fn path(&self, operation: &Operation) -> String {
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

const LYING: [&str; 6] = [
    "x-org-id",
    "x-organization-id",
    "x-tenant-id",
    "x-vaultterm-org",
    "vaultterm-organization",
    "vaultterm.org_id",
];
const FIELDS: [&str; 5] = [
    "orgId",
    "org_id",
    "tenantId",
    "organization",
    "organizationId",
];

/// Whoever is signed in acts in the organisation of their session, whatever else a request names.
#[tokio::test]
async fn tenants_named_in_path_query_body_and_header_change_nothing() {
    let stage = stage().await;
    let ada = stage.ada.org.to_string();
    let query: Vec<String> = FIELDS.iter().map(|name| format!("{name}={ada}")).collect();
    let query = query.join("&");
    let mut headers = vec![("content-type", "application/json"), ("origin", ORIGIN)];
    headers.extend(LYING.map(|name| (name, ada.as_str())));
    let before = rows_of(&stage.server, stage.ada.org).await;
    for operation in operations() {
        let path = stage.path(&operation);
        let name = format!("{} {path}", operation.method);
        // Some of them end the session.
        let bob = stage.server.sign_in("bob@example.com").await;
        let lying = format!("{path}?{query}");
        let mut body = operation.body();
        let what = (&operation.method, lying.as_str());
        let answer = send(&bob, what, &headers, body.clone()).await;
        let text = answer.text();
        for theirs in [ada.as_str(), "Analytical", "ada@example.com"] {
            assert!(!text.contains(theirs), "{name}: {text}");
        }
        if operation.is_safe() {
            let plain = bob.get(&path).await;
            assert_eq!(answer.status, plain.status, "{name}");
            let without_id = |answer: &Answer| {
                let mut body = answer.json();
                body.as_object_mut().map(|body| body.remove("requestId"));
                body
            };
            assert_eq!(without_id(&answer), without_id(&plain), "{name}");
        }
        // A body takes what the document lists and nothing else.
        for field in FIELDS.iter().filter(|field| !operation.knows(field)) {
            let Some(Value::Object(body)) = &mut body else {
                continue;
            };
            body.insert((*field).to_owned(), json!(ada));
            let what = (&operation.method, path.as_str());
            let answer = send(&bob, what, &headers, Some(json!(body))).await;
            let status = answer.status.as_u16();
            assert!([400, 401].contains(&status), "{name} {field}: {status}");
        }
    }
    assert_eq!(rows_of(&stage.server, stage.ada.org).await, before);
}

/// An organisation's id in the place of another id names nothing.
#[tokio::test]
async fn the_id_of_another_organisation_in_the_path_is_an_id_of_nothing() {
    let stage = stage().await;
    let before = rows_of(&stage.server, stage.ada.org).await;
    for operation in operations()
        .iter()
        .filter(|operation| operation.has_parameters())
    {
        for id in [stage.ada.org, stage.bob.org, stage.ada.user] {
            let path = operation.with(|_| id.to_string());
            let answer = stage
                .bob
                .send(operation.method.clone(), &path, operation.body())
                .await;
            answer.expect_problem(404, "not-found");
        }
    }
    assert_eq!(rows_of(&stage.server, stage.ada.org).await, before);
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

/// Names go into keys as digests, or not at all: no key of the cache holds what somebody wrote.
#[tokio::test]
async fn keys_of_the_cache_are_not_made_by_names() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    server.owner().await;
    let canary = "Canary:*";
    for crafted in [
        format!("{canary}@example.com"),
        format!("{canary}\r\nDEL vt:session:x@example.com"),
        format!("{canary} KEYS[1]@example.com"),
        format!("{canary}{{vt:sessions}}@example.com"),
        format!("{canary}\u{0}@example.com"),
        format!("vt:sessions:{canary}@example.com"),
    ] {
        let visitor = server.visitor();
        let body = json!({"email": crafted, "password": PASSWORD});
        visitor.post("/auth/sign-in", body).await.expect(401);
        visitor
            .post("/setup/check", json!({"token": crafted}))
            .await
            .expect(404);
        let cookie = crafted.replace(['\r', '\n', '\0'], "");
        let cookied = visitor.with_cookie(Some(format!("vt_session={cookie}")));
        cookied.get("/me").await.expect(401);
    }
    let ada = server.sign_in("ada@example.com").await;
    for id in ["*", "vt:session", "Canary%3A%2A", "..%2Fvt:sessions"] {
        let answer = ada.delete(&format!("/me/sessions/{id}")).await;
        answer.expect_problem(404, "not-found");
    }
    ada.get("/me").await.expect(200);
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut redis().await)
        .await
        .unwrap();
    assert!(keys.len() > 3, "{keys:?}");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ":-.".contains(c);
    for key in keys {
        // Whatever other tests have left here is held to it, too.
        assert!(key.starts_with("vt:") && key.chars().all(plain), "{key:?}");
    }
}
