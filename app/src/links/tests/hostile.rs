//! Attacks on links.

use http::Request;
use serde_json::json;

use super::{token_of, with_mail};
use crate::testing::{Client, ORIGIN, PASSWORD, Server};

const LIES: [(&str, &str); 7] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "http"),
    ("x-original-url", "https://evil.example/"),
    ("x-host", "evil.example"),
    ("forwarded", "host=evil.example;proto=http"),
];

/// A request whose every word on its host is a lie.
async fn lie(client: &Client, path: &str, body: &serde_json::Value) -> crate::testing::Answer {
    let mut request = Request::post(format!("/api/v1{path}"))
        .header("content-type", "application/json")
        .header("origin", ORIGIN);
    for (name, value) in LIES {
        request = request.header(name, value);
    }
    if let Some(cookie) = client.cookie() {
        request = request.header("cookie", cookie);
    }
    let request = request
        .body(axum::body::Body::from(body.to_string()))
        .unwrap();
    client.send_request(request).await
}

#[tokio::test]
async fn no_header_chooses_the_host_of_a_link() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let email = json!({"email": "ada@example.com"});
    lie(&server.visitor(), "/auth/reset/request", &email)
        .await
        .expect(204);
    let letter = postbox.next().await;
    assert!(
        letter.link().starts_with("http://localhost:4000/reset#"),
        "{}",
        letter.link()
    );
    assert!(!letter.message.contains("evil"), "{}", letter.message);
    let change = json!({"email": "lovelace@example.com", "password": PASSWORD});
    lie(&ada, "/me/email", &change).await.expect(200);
    for _ in 0..2 {
        let letter = postbox.next().await;
        assert!(!letter.message.contains("evil"), "{}", letter.message);
    }
    let path = format!("/members/{}/reset-link", bob.user);
    let made = lie(&ada, &path, &json!({}))
        .await
        .expect(200)
        .string("/url");
    assert!(made.starts_with("http://localhost:4000/reset#"), "{made}");
}

#[tokio::test]
async fn a_name_writes_no_header_and_no_line_of_a_letter() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    for name in ["Ada\r\nBcc: eve@example.com", "Ada\nX: y", "Ada\u{0}"] {
        ada.patch("/me", json!({"name": name}))
            .await
            .expect_problem(422, "invalid");
    }
    let name = "Click https://evil.example/ to win";
    ada.patch("/me", json!({"name": name})).await.expect(200);
    let email = json!({"email": "ada@example.com"});
    server
        .visitor()
        .post("/auth/reset/request", email)
        .await
        .expect(204);
    let letter = postbox.next().await;
    assert!(!letter.message.contains("evil"), "{}", letter.message);
    for email in [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com%0d%0aBcc: eve@example.com",
    ] {
        let body = json!({"email": email});
        server
            .visitor()
            .post("/auth/reset/request", body)
            .await
            .expect(204);
    }
    postbox.stays_empty().await;
}

#[tokio::test]
async fn a_page_of_another_site_asks_for_nothing() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let path = format!("/members/{}/reset-link", bob.user);
    for origin in [Some("https://evil.example"), Some("null"), None] {
        let forged = (*ada).clone().with_origin(origin);
        let bodies = [
            (
                "/me/email",
                json!({"email": "eve@example.com", "password": PASSWORD}),
            ),
            (path.as_str(), json!({})),
        ];
        for (path, body) in bodies {
            forged.post(path, body).await.expect(403);
        }
    }
    assert_eq!(server.database.count("account_links").await, 0);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_are_refused() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let change = json!({"email": "b@example.com", "password": PASSWORD, "userId": ada.user});
    ada.post("/me/email", change)
        .await
        .expect_problem(400, "bad-request");
    let reset = json!({"token": "x", "password": "y", "userId": ada.user});
    server
        .visitor()
        .post("/auth/reset", reset)
        .await
        .expect_problem(400, "bad-request");
}

#[tokio::test]
async fn guessing_tokens_is_limited_for_each_network() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "4")]).await;
    server.owner().await;
    let guesser = server.visitor();
    for n in 0..4 {
        let body = json!({"token": format!("{n:064}"), "password": "a wet dog on the mat"});
        guesser.post("/auth/reset", body).await.expect(404);
    }
    for (path, body) in [
        ("/auth/reset", json!({"token": "x", "password": "y"})),
        ("/auth/confirm-email", json!({"token": "x"})),
        ("/auth/reset/request", json!({"email": "ada@example.com"})),
    ] {
        guesser
            .post(path, body)
            .await
            .expect_problem(429, "rate-limited");
    }
    assert_eq!(token_of("https://a#token=b"), "b");
}
