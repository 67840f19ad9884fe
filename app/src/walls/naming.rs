//! Names that want to be more than names: tenants, fields that no route lists, keys of the cache.

use serde_json::{Value, json};

use super::contract::operations;
use super::forgery::{rows_of, send, stage};
use crate::testing::{Answer, ORIGIN, PASSWORD, Server, redis};

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

/// Fields that a table has, or an object of some language, and no body.
const ASSIGNED: [(&str, &str); 8] = [
    ("id", "018f4e3a-0000-7000-8000-000000000000"),
    ("userId", "018f4e3a-0000-7000-8000-000000000000"),
    ("role", "owner"),
    ("state", "confirmed"),
    ("isAdmin", "true"),
    ("sessionEpoch", "0"),
    (
        "passwordHash",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHQ",
    ),
    ("__proto__", "owner"),
];

/// Mass assignment: a body with one field more than the document lists is refused as a whole.
#[tokio::test]
async fn fields_that_a_route_does_not_list_are_refused_in_every_route() {
    let stage = stage().await;
    let before = rows_of(&stage.server, stage.bob.org).await;
    let mut tried = 0;
    for operation in operations() {
        let path = stage.path(&operation);
        let Some(Value::Object(body)) = operation.body() else {
            continue;
        };
        for (field, value) in ASSIGNED.iter().filter(|(field, _)| !operation.knows(field)) {
            let mut body = body.clone();
            body.insert((*field).to_owned(), json!(value));
            let answer = stage
                .bob
                .send(operation.method.clone(), &path, Some(json!(body)))
                .await;
            let status = answer.status.as_u16();
            assert_eq!(status, 400, "{} {path} {field}", operation.method);
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
    assert_eq!(rows_of(&stage.server, stage.bob.org).await, before);
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
        // Whatever other tests have left here is held to it, too; what stands before their counts is
        // the tests' own.
        let name = key.strip_prefix("vt_test_").map_or(key.as_str(), |rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_hexdigit())
        });
        assert!(
            name.starts_with("vt:") && name.chars().all(plain),
            "{key:?}"
        );
    }
}
