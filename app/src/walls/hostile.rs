//! Malformed, oversized and misdirected requests, in every route of the document.

use http::Method;
use serde_json::{Value, json};

use super::contract::operations;
use crate::testing::Server;

const JSON: Option<&str> = Some("application/json");

/// Bodies that are no JSON, or JSON of the wrong shape. None may be answered with a 5xx, none may
/// be repeated to the sender.
fn rubbish() -> Vec<Vec<u8>> {
    let deep = "[".repeat(100_000);
    let nested = format!("{}{}", "{\"name\":".repeat(10_000), "}".repeat(10_000));
    let texts = [
        "",
        " ",
        "{",
        "}",
        "null",
        "true",
        "7",
        "\"canary-text\"",
        "[]",
        "[{\"name\":\"canary-text\"}]",
        "{\"name\":\"canary-text\"",
        "{\"name\":\"canary-text\"}}",
        "{name:'canary-text'}",
        "{\"name\":\"\\ud800canary-text\"}",
        "{\"name\":NaN}",
        "{\"name\":1e999}",
        "{\"name\":{\"$ne\":null}}",
        "{\"__proto__\":{\"role\":\"owner\"}}",
        "<xml>canary-text</xml>",
        "name=canary-text",
        &deep,
        &nested,
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.push(b"{\"name\":\"\xff\xfecanary-text\"}".to_vec());
    bodies.push(b"\x00\x01\x02".to_vec());
    bodies.push(b"\xef\xbb\xbf{\"name\":\"canary-text\"}".to_vec());
    bodies.push(vec![b' '; 200_000]);
    bodies
}

#[tokio::test]
async fn rubbish_is_refused_as_a_problem_and_not_repeated() {
    // Attempts are counted for public routes; this is not about that.
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let secret = secret.rsplit('/').next().unwrap();
    for operation in operations().iter().filter(|operation| operation.has_body) {
        let path = operation.at(&vault, secret);
        for body in rubbish() {
            let start: String = String::from_utf8_lossy(&body).chars().take(40).collect();
            let answer = ada
                .send_raw(operation.method.clone(), &path, JSON, body)
                .await;
            let name = format!("{} {path} {start:?}: {}", operation.method, answer.text());
            assert!(
                matches!(answer.status.as_u16(), 400 | 422),
                "{} {name}",
                answer.status
            );
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{name}"
            );
            assert!(!answer.text().contains("canary-text"), "{name}");
        }
    }
    assert_eq!(server.database.count("vaults").await, 1);
    assert_eq!(server.database.count("secrets").await, 1);
}

#[tokio::test]
async fn only_json_is_taken_for_json() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let types = [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/xml"),
        Some("application/jsonp"),
        Some("*/*"),
        Some(""),
    ];
    for operation in operations().iter().filter(|operation| operation.has_body) {
        let path = operation.at(&vault, &vault);
        for media_type in types {
            let body = operation.body().unwrap().to_string().into_bytes();
            let answer = ada
                .send_raw(operation.method.clone(), &path, media_type, body)
                .await;
            answer.expect_problem(415, "unsupported-media-type");
        }
    }
    let body = br#"{"name":"with a charset"}"#.to_vec();
    let media_type = Some("application/json; charset=utf-8");
    ada.send_raw(Method::POST, "/vaults", media_type, body)
        .await
        .expect(201);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    for operation in operations().iter().filter(|operation| operation.has_body) {
        let largest = operation.largest_body();
        for size in [largest + 1, (2 * largest).max(8 * 1024 * 1024)] {
            let path = operation.at(&vault, &vault);
            let mut body = operation.body().unwrap();
            body["name"] = json!("x".repeat(size));
            let answer = ada.send(operation.method.clone(), &path, Some(body)).await;
            answer.expect_problem(413, "too-large");
        }
    }
}

#[tokio::test]
async fn wrong_types_in_every_field_are_refused() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let secret = secret.rsplit('/').next().unwrap();
    let wrong: [Value; 7] = [
        json!({}),
        json!([]),
        json!([[]]),
        json!(true),
        json!(-1),
        json!(1e300),
        json!({"toString": "x"}),
    ];
    for operation in operations().iter().filter(|operation| operation.has_body) {
        let path = operation.at(&vault, secret);
        let good = operation.body().unwrap();
        for field in good.as_object().unwrap().keys() {
            for value in wrong.iter().filter(|value| !operation.takes(field, value)) {
                let mut body = good.clone();
                body[field] = value.clone();
                let answer = ada
                    .send(operation.method.clone(), &path, Some(body.clone()))
                    .await;
                let name = format!("{} {path} {body}: {}", operation.method, answer.text());
                assert_eq!(answer.status.as_u16(), 400, "{name}");
            }
        }
    }
    assert_eq!(server.database.count("vaults").await, 1);
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist_are_problems() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let browser = server
        .browser()
        .with_cookie(ada.cookie().map(str::to_owned));
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/vaults",
        "/api/v1/vaults/",
        "/api/v1/nothing",
        "/api/v1/../../etc/passwd",
        "/api/v1/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1//vaults",
        "/api/V1/vaults",
        "/api/v1/vaults%3Flimit=1",
        "/api/admin/overview",
    ] {
        browser.get(path).await.expect_problem(404, "not-found");
    }
    for (method, path) in [
        (Method::PUT, "/api/v1/vaults"),
        (Method::DELETE, "/api/v1/me"),
        (Method::POST, "/api/v1/audit-events"),
        (Method::DELETE, "/api/v1/audit-events"),
        (Method::PATCH, "/api/v1/audit-events"),
        (Method::GET, "/api/v1/auth/sign-in"),
        (Method::TRACE, "/api/v1/me"),
        (Method::from_bytes(b"VAULT").unwrap(), "/api/v1/vaults"),
    ] {
        let answer = browser.send(method.clone(), path, None).await;
        answer.expect_problem(405, "method-not-allowed");
    }
}

#[tokio::test]
async fn the_admin_plane_is_not_on_the_public_port() {
    let server = Server::start().await;
    server.owner().await;
    let token = crate::testing::ADMIN_TOKEN;
    let browser = server.browser().with_bearer(token);
    for path in [
        "/admin/api/overview",
        "/admin/api/organizations",
        "/admin/api/migrations",
        "/metrics",
    ] {
        let answer = browser.get(path).await;
        let text = answer.text();
        assert_ne!(
            answer.header("content-type"),
            "application/json",
            "{path}: {text}"
        );
        for word in [
            "setup",
            "members",
            "process_",
            "http_requests_total",
            "Analytical",
        ] {
            assert!(
                !text.contains(word) || answer.status == 404,
                "{path}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_the_house() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let browser = server
        .browser()
        .with_cookie(ada.cookie().map(str::to_owned));
    for path in [
        "/api/v1/me",
        "/api/v1/nothing",
        "/health",
        "/readyz",
        "/api/openapi.json",
        "/",
    ] {
        let answer = browser.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
    }
    let chosen = http::Request::get("/api/v1/me")
        .header("x-request-id", "chosen-by-the-sender")
        .body(axum::body::Body::empty())
        .unwrap();
    let answer = browser.send_request(chosen).await;
    assert!(!answer.header("x-request-id").contains("chosen"));
}
