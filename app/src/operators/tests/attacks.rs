//! What somebody may try who is no platform admin.

use http::Method;
use serde_json::json;
use time::Duration;

use super::{PLANE, sign_in};
use crate::kernel::Clock;
use crate::testing::{PASSWORD, Server};

/// The cookie's token under another name.
fn renamed(cookie: Option<&str>, name: &str) -> Option<String> {
    let token = cookie.unwrap().split_once('=').unwrap().1;
    Some(format!("{name}={token}"))
}

#[tokio::test]
async fn a_tenants_cookie_opens_nothing_on_the_admin_plane() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for name in ["vt_session", "vt_platform", "__Host-vt_platform"] {
        let cookie = renamed(ada.cookie(), name);
        let crossed = server.plane().with_cookie(cookie);
        for path in ["/me", "/overview", "/organizations", "/admins", "/events"] {
            crossed
                .get(&format!("/admin/api{path}"))
                .await
                .expect_problem(401, "not-signed-in");
        }
    }
    ada.get("/me").await.expect(200);
}

#[tokio::test]
async fn a_platform_admins_cookie_opens_nothing_on_the_tenant_plane() {
    let server = Server::start().await;
    server.owner().await;
    let grace = server.admin("grace@example.com").await;
    for name in ["vt_platform", "vt_session", "__Host-vt_session"] {
        let cookie = renamed(grace.cookie(), name);
        let crossed = server.visitor().with_cookie(cookie);
        for path in ["/me", "/vaults", "/audit-events"] {
            crossed.get(path).await.expect_problem(401, "not-signed-in");
        }
    }
    grace.get("/admin/api/me").await.expect(200);
}

#[tokio::test]
async fn a_platform_admins_password_is_unknown_to_tenants_and_the_other_way_round() {
    let server = Server::start().await;
    server.owner().await;
    server.admin("grace@example.com").await;
    let body = json!({"email": "grace@example.com", "password": PASSWORD});
    let crossed = server.visitor().post("/auth/sign-in", body).await;
    crossed.expect_problem(401, "invalid-credentials");
    let crossed = sign_in(&server, "ada@example.com", PASSWORD).await;
    crossed.expect_problem(401, "invalid-credentials");
}

#[tokio::test]
async fn no_route_of_the_admin_plane_exists_on_the_public_port() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await;
    let cookie = grace.cookie().map(str::to_owned);
    let public = server.browser().with_cookie(cookie);
    let bearer = public.clone().with_bearer(crate::testing::ADMIN_TOKEN);
    for client in [public, bearer] {
        for path in ["/admin/api/me", "/admin/api/overview", "/metrics"] {
            // What is no route is the portal's page, or nothing.
            let answer = client.get(path).await;
            assert!(!answer.header("content-type").contains("json") || answer.status == 404);
            assert!(!answer.text().contains("grace@example.com"));
        }
        for path in [
            "/admin/api/sign-in",
            "/admin/api/link/enter",
            "/admin/api/license",
        ] {
            let answer = client.post(path, json!({})).await;
            assert!(
                matches!(answer.status.as_u16(), 404 | 405),
                "{}",
                answer.status
            );
        }
    }
}

#[tokio::test]
async fn a_link_that_was_used_is_worth_nothing() {
    let server = Server::start().await;
    let token = server.admin_token_for("grace@example.com").await;
    server.enter(&token, "Grace Hopper").await.expect(201);
    server
        .enter(&token, "Mallory")
        .await
        .expect_problem(404, "admin-link-invalid");
    assert_eq!(server.database.count("platform_links").await, 0);
}

#[tokio::test]
async fn of_two_uses_of_one_link_at_once_one_succeeds() {
    let server = Server::start().await;
    let token = server.admin_token_for("grace@example.com").await;
    let (one, two) = tokio::join!(server.enter(&token, "One"), server.enter(&token, "Two"));
    let mut status = [one.status.as_u16(), two.status.as_u16()];
    status.sort_unstable();
    assert_eq!(status, [201, 404]);
}

#[tokio::test]
async fn a_link_that_is_too_old_or_was_replaced_or_guessed_is_worth_nothing() {
    let server = Server::start().await;
    let early = server.admin_token_for("grace@example.com").await;
    let late = server.admin_token_for("grace@example.com").await;
    let refused = |answer: crate::testing::Answer| answer.expect_problem(404, "admin-link-invalid");
    refused(server.enter(&early, "Grace").await);
    for guess in [
        "",
        "0",
        &"0".repeat(64),
        &format!("{late}0"),
        "' OR true --",
    ] {
        refused(server.enter(guess, "Grace").await);
    }
    let tomorrow = server.app.clock.now() + Duration::hours(25);
    let tomorrow = server.replica(Clock::fixed(tomorrow), &[]).await;
    refused(tomorrow.enter(&late, "Grace").await);
    server.enter(&late, "Grace").await.expect(201);
}

#[tokio::test]
async fn only_the_digest_of_a_link_is_kept() {
    let server = Server::start().await;
    let token = server.admin_token_for("grace@example.com").await;
    let mut behind = server.database.behind().await;
    let dump: String =
        sqlx::query_scalar("SELECT string_agg(platform_links::text, ' ') FROM platform_links")
            .fetch_one(&mut behind)
            .await
            .unwrap();
    assert!(!dump.contains(&token), "{dump}");
}

#[tokio::test]
async fn a_request_without_an_origin_or_from_another_one_changes_nothing() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await;
    let tries = [
        None,
        Some("null"),
        Some("http://evil.test"),
        Some("http://localhost:4000"),
        Some("https://localhost:4100.evil.test"),
    ];
    for origin in tries {
        let forged = grace.clone().with_origin(origin);
        for (method, path) in [
            (Method::POST, "/admin/api/sign-out"),
            (Method::POST, "/admin/api/license"),
            (Method::POST, "/admin/api/me/password"),
            (Method::DELETE, "/admin/api/sessions/0"),
        ] {
            let answer = forged.send(method, path, Some(json!({}))).await;
            answer.expect_problem(403, "origin-refused");
        }
        // Nor is somebody signed in as somebody else.
        let body = json!({"email": "grace@example.com", "password": PASSWORD});
        let forged = server.plane().with_origin(origin);
        let answer = forged.post("/admin/api/sign-in", body).await;
        answer.expect_problem(403, "origin-refused");
    }
    grace.get("/admin/api/me").await.expect(200);
    assert_eq!(grace.origin(), Some(PLANE));
}

#[tokio::test]
async fn the_admin_token_reads_and_is_nobody() {
    let server = Server::start().await;
    let machine = server.operator();
    machine.get("/admin/api/overview").await.expect(200);
    for path in ["/me", "/admins", "/sessions"] {
        machine
            .get(&format!("/admin/api{path}"))
            .await
            .expect_problem(403, "session-needed");
    }
    // Without a token in the configuration no token is right, in development either.
    let open = server
        .replica(Clock::system(), &[("ADMIN_TOKEN", "")])
        .await;
    for token in ["", "x"] {
        let guess = open.operator().with_bearer(token);
        guess
            .get("/admin/api/overview")
            .await
            .expect_problem(401, "admin-token-needed");
    }
}

#[tokio::test]
async fn a_wrong_token_is_not_made_up_for_by_a_good_cookie() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await.with_bearer("wrong");
    grace
        .get("/admin/api/overview")
        .await
        .expect_problem(401, "admin-token-needed");
}

#[tokio::test]
async fn guesses_are_limited_for_each_client_and_for_each_account() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "5")]).await;
    let email = format!("{}@example.com", uuid::Uuid::new_v4().simple());
    server.admin(&email).await;
    let browser = server.plane();
    let guess = json!({"email": "nobody@example.com", "password": "wrong"});
    let mut last = 0;
    for _ in 0..6 {
        let answer = browser.post("/admin/api/sign-in", guess.clone()).await;
        last = answer.status.as_u16();
    }
    assert_eq!(last, 429, "one client");
    for number in 0..11 {
        let answer = sign_in(&server, &email, "wrong").await;
        let expected = if number < 10 { 401 } else { 429 };
        assert_eq!(
            answer.status.as_u16(),
            expected,
            "one account from everywhere"
        );
    }
    sign_in(&server, &email, PASSWORD)
        .await
        .expect_problem(429, "rate-limited");
    // A link from the host is the way around it.
    let token = server.admin_token_for(&email).await;
    server.enter(&token, "Grace").await.expect(201);
}

#[tokio::test]
async fn without_the_cache_nobody_gets_in() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await;
    server.cache.cut();
    grace
        .get("/admin/api/me")
        .await
        .expect_problem(503, "unavailable");
    sign_in(&server, "grace@example.com", PASSWORD)
        .await
        .expect_problem(503, "unavailable");
}
