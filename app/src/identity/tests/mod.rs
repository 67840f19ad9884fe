//! The slice through its router, on a real database and a real cache.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use http::{Request, StatusCode};
use redis::AsyncCommands as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

mod devices;
mod guesses;
mod hashes;
mod lookups;
mod step_up;

use crate::kernel::Clock;
use crate::testing::{Answer, PASSWORD, Server, redis};

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

/// Everything of an answer that a stranger could compare.
fn visible(answer: &Answer) -> (u16, Value, Vec<String>) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("requestId");
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), body, names)
}

fn hours_from_now(hours: i64) -> Clock {
    Clock::fixed(Clock::system().now() + time::Duration::hours(hours))
}

#[tokio::test]
async fn a_session_begins_with_sign_in_and_ends_with_sign_out() {
    let server = Server::start().await;
    server.owner().await;
    let visitor = server.visitor();
    visitor
        .get("/me")
        .await
        .expect_problem(401, "not-signed-in");
    let body = credentials(" ADA@example.com ", PASSWORD);
    let answer = visitor.post("/auth/sign-in", body).await.expect(200);
    let line = answer.header("set-cookie").to_owned();
    assert!(line.starts_with("vt_session="), "{line}");
    for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(line.contains(attribute), "{line}");
    }
    assert!(!line.contains("Domain"), "{line}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let ada = visitor.with_cookie(answer.cookie());
    assert_eq!(answer.json()["kind"], "signed-in");
    assert_eq!(ada.get("/me").await.expect(200).json(), answer.json()["me"]);
    let out = ada.post("/auth/sign-out", json!({})).await.expect(204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    ada.get("/me").await.expect_problem(401, "not-signed-in");
    ada.post("/auth/sign-out", json!({}))
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn https_makes_the_cookie_secure_and_bound_to_the_host() {
    let server = Server::start().await;
    server.owner().await;
    let secure = server
        .replica(
            Clock::system(),
            &[("APP_BASE_URL", "https://vault.example.com")],
        )
        .await;
    let visitor = secure
        .visitor()
        .with_origin(Some("https://vault.example.com"));
    let answer = visitor
        .post("/auth/sign-in", credentials("ada@example.com", PASSWORD))
        .await;
    let line = answer.expect(200).header("set-cookie").to_owned();
    assert!(line.starts_with("__Host-vt_session="), "{line}");
    assert!(
        line.contains("; Secure") && line.contains("; Path=/"),
        "{line}"
    );
}

#[tokio::test]
async fn whatever_is_wrong_with_a_sign_in_looks_the_same() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for (email, state) in [
        ("invited@example.com", "invited"),
        ("accepted@example.com", "accepted"),
        ("revoked@example.com", "revoked"),
    ] {
        server.account(email).await;
        server.join(ada.org, email, "member", state).await;
    }
    server.account("nowhere@example.com").await;
    let visitor = server.visitor();
    let attempts = [
        ("ada@example.com", "not the password"),
        ("ada@example.com", ""),
        ("ada@example.com", "\0"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
        ("' OR '1'='1", "' OR '1'='1"),
        ("nowhere@example.com", PASSWORD),
        ("invited@example.com", PASSWORD),
        ("accepted@example.com", PASSWORD),
        ("revoked@example.com", PASSWORD),
        ("ada@example.com%", PASSWORD),
        ("\u{430}da@example.com", PASSWORD),
    ];
    let mut seen = Vec::new();
    for (email, password) in attempts {
        let answer = visitor
            .post("/auth/sign-in", credentials(email, password))
            .await;
        let answer = answer.expect_problem(401, "invalid-credentials");
        assert!(answer.cookie().is_none(), "{email}");
        seen.push(visible(&answer));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

#[tokio::test]
async fn the_cache_holds_digests_and_no_tokens() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let token = ada
        .cookie()
        .unwrap()
        .strip_prefix("vt_session=")
        .unwrap()
        .to_owned();
    assert_eq!(token.len(), 64, "256 bits");
    let mut cache = redis().await;
    let key = format!("vt:session:{}", hex::encode(Sha256::digest(&token)));
    let stored: String = cache.hget(&key, "data").await.unwrap();
    assert!(!stored.contains(&token));
    let life: i64 = cache.ttl(&key).await.unwrap();
    assert!((1..=8 * 3600).contains(&life), "{life}");
    let digest = key.rsplit(':').next().unwrap().to_owned();
    let thief = server
        .visitor()
        .with_cookie(Some(format!("vt_session={digest}")));
    thief.get("/me").await.expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn sessions_end_when_unused_and_in_any_case() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let tomorrow = server.replica(hours_from_now(24), &[]).await;
    let late = tomorrow
        .visitor()
        .with_cookie(ada.cookie().map(str::to_owned));
    late.get("/me").await.expect_problem(401, "not-signed-in");
    ada.get("/me").await.expect_problem(401, "not-signed-in");

    let ada = server.sign_in("ada@example.com").await;
    let token = ada.cookie().unwrap().strip_prefix("vt_session=").unwrap();
    let key = format!("vt:session:{}", hex::encode(Sha256::digest(token)));
    let mut cache = redis().await;
    let _: () = cache.expire(&key, 5).await.unwrap();
    ada.get("/me").await.expect(200);
    let life: i64 = cache.ttl(&key).await.unwrap();
    assert!(life > 3600, "use lets it live on: {life}");
    let _: () = cache.del(&key).await.unwrap();
    ada.get("/me").await.expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_session_set_by_somebody_else_is_not_taken_over() {
    let server = Server::start().await;
    server.owner().await;
    let planted = format!("vt_session={}", "a".repeat(64));
    let visitor = server.visitor().with_cookie(Some(planted.clone()));
    let answer = visitor
        .post("/auth/sign-in", credentials("ada@example.com", PASSWORD))
        .await;
    let fresh = answer.expect(200).cookie().unwrap();
    assert_ne!(fresh, planted);
    visitor
        .get("/me")
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn cookies_that_are_none_of_ours_are_ignored() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let good = ada.cookie().unwrap().to_owned();
    let token = good.strip_prefix("vt_session=").unwrap();
    let long = format!("vt_session={}", "a".repeat(20_000));
    for bad in [
        "vt_session",
        "vt_session=",
        "vt_session=*",
        "vt_session=' OR true --",
        &format!("vt_session={}", &token[..63]),
        &format!("vt_session={token}0"),
        &format!("vt_session=\"{token}\""),
        &format!("VT_SESSION={token}"),
        &format!("__Host-vt_session={token}"),
        &format!("x{good}"),
        &format!("vt_session={}", "0".repeat(64)),
        &long,
    ] {
        let visitor = server.visitor().with_cookie(Some(bad.to_owned()));
        visitor
            .get("/me")
            .await
            .expect_problem(401, "not-signed-in");
    }
    let request = Request::get("/api/v1/me").header(
        "cookie",
        http::HeaderValue::from_bytes(b"vt_session=\xff\xfe").unwrap(),
    );
    let request = request.body(axum::body::Body::empty()).unwrap();
    server
        .visitor()
        .send_request(request)
        .await
        .expect_problem(401, "not-signed-in");
    let several = server
        .visitor()
        .with_cookie(Some(format!("a=b; {good}; c=d")));
    several.get("/me").await.expect(200);
}

#[tokio::test]
async fn attempts_are_limited_for_each_address() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "3")]).await;
    server.owner().await;
    let visitor = server.visitor();
    let wrong = credentials("ada@example.com", "not the password");
    visitor
        .post("/auth/sign-in", wrong.clone())
        .await
        .expect(401);
    visitor
        .post("/setup/check", json!({"token": "x"}))
        .await
        .expect(404);
    visitor
        .post("/auth/sign-in", wrong.clone())
        .await
        .expect(401);
    let right = credentials("ada@example.com", PASSWORD);
    let refused = visitor.post("/auth/sign-in", right.clone()).await;
    let refused = refused.expect_problem(429, "rate-limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    visitor
        .post("/setup/check", json!({"token": "x"}))
        .await
        .expect(429);
    visitor
        .post(
            "/setup",
            json!({
                "token": "x", "organizationName": "x", "name": "x", "email": "x", "password": "x",
            }),
        )
        .await
        .expect(429);
    server
        .visitor()
        .post("/auth/sign-in", right)
        .await
        .expect(200);
}

#[tokio::test]
async fn other_addresses_of_one_ipv6_network_share_its_limit() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "3")]).await;
    let network = Uuid::new_v4().as_u128() >> 64 << 64;
    let from = |host: u128| {
        let address = IpAddr::V6(Ipv6Addr::from_bits(network | host));
        server.visitor().with_address(address)
    };
    let check = json!({"token": "x"});
    for host in 1..4 {
        from(host)
            .post("/setup/check", check.clone())
            .await
            .expect(404);
    }
    from(u128::from(u64::MAX))
        .post("/setup/check", check)
        .await
        .expect_problem(429, "rate-limited");
}

/// A neighbour on another subdomain can plant cookies, and more than one: the browser sends them all.
/// With HTTPS the `__Host-` prefix keeps them out; here the first one counts, and nothing is mixed.
#[tokio::test]
async fn a_tossed_cookie_signs_nobody_in_as_somebody_else() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let good = ada.cookie().unwrap().to_owned();
    let planted = format!("vt_session={}", "b".repeat(64));
    let tossed = server
        .visitor()
        .with_cookie(Some(format!("{planted}; {good}")));
    tossed.get("/me").await.expect_problem(401, "not-signed-in");
    let secure = server
        .replica(
            Clock::system(),
            &[("APP_BASE_URL", "https://vault.example.com")],
        )
        .await;
    for name in ["vt_session", "__Secure-vt_session", "__host-vt_session"] {
        let cookie = good.replace("vt_session", name);
        let tossed = secure.visitor().with_cookie(Some(cookie));
        tossed.get("/me").await.expect_problem(401, "not-signed-in");
    }
    let real = good.replace("vt_session", "__Host-vt_session");
    let real = secure.visitor().with_cookie(Some(real));
    real.get("/me").await.expect(200);
}

#[tokio::test]
async fn parallel_attempts_do_not_slip_past_the_limit() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "5")]).await;
    server.owner().await;
    let visitor = server.visitor();
    let attempts = (0..20).map(|_| visitor.post("/setup/check", json!({"token": "x"})));
    let answers = futures_util::future::join_all(attempts).await;
    let passed = answers.iter().filter(|answer| answer.status == 404).count();
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn a_forwarded_address_of_a_stranger_does_not_escape_the_limit() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "2")]).await;
    server.owner().await;
    let visitor = server.visitor();
    let mut statuses = Vec::new();
    for n in 0..4 {
        let request = Request::post("/api/v1/setup/check")
            .header("content-type", "application/json")
            .header("origin", crate::testing::ORIGIN)
            .header("x-forwarded-for", format!("198.51.100.{n}"))
            .body(axum::body::Body::from(r#"{"token":"x"}"#))
            .unwrap();
        statuses.push(visitor.send_request(request).await.status.as_u16());
    }
    assert_eq!(statuses, [404, 404, 429, 429]);
}

#[tokio::test]
async fn without_the_cache_everything_about_sessions_fails_closed_and_comes_back() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let visitor = server.visitor();
    server.cache.cut();
    let right = credentials("ada@example.com", PASSWORD);
    let refused = visitor.post("/auth/sign-in", right.clone()).await;
    let refused = refused.expect_problem(503, "unavailable");
    assert!(!refused.header("retry-after").is_empty());
    assert!(refused.cookie().is_none());
    ada.get("/me").await.expect_problem(503, "unavailable");
    ada.post("/auth/sign-out", json!({}))
        .await
        .expect_problem(503, "unavailable");
    visitor
        .get("/me")
        .await
        .expect_problem(401, "not-signed-in");
    visitor.get("/meta").await.expect(200);
    server.browser().get("/health").await.expect(200);
    let ready = server.browser().get("/readyz").await.expect(503).json();
    assert_eq!(ready["checks"]["cache"]["ok"], false, "{ready}");
    server.cache.mend();
    // The connection is made again with pauses in between.
    let mended = Instant::now();
    while server.browser().get("/readyz").await.status != StatusCode::OK {
        assert!(mended.elapsed() < Duration::from_secs(20), "it stays away");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ada.get("/me").await.expect(200);
    visitor.post("/auth/sign-in", right).await.expect(200);
    server.browser().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn a_dead_cache_is_noticed_quickly() {
    let server = Server::start().await;
    let ada = server.owner().await;
    server.cache.cut();
    let started = Instant::now();
    ada.get("/me").await.expect(503);
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn leaving_an_organisation_ends_access_at_once() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    bob.get("/audit-events").await.expect(200);
    server
        .join(ada.org, "bob@example.com", "member", "confirmed")
        .await;
    bob.get("/audit-events")
        .await
        .expect_problem(403, "forbidden");
    for state in ["revoked", "invited", "accepted"] {
        server
            .join(ada.org, "bob@example.com", "admin", state)
            .await;
        bob.get("/me").await.expect_problem(401, "not-signed-in");
        bob.get("/audit-events")
            .await
            .expect_problem(401, "not-signed-in");
    }
}
