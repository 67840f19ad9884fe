//! The slice through its router, on a real database. Here: the setup link.

mod departure;
mod invitations;
mod members;

use futures_util::future::join_all;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::kernel::Clock;
use crate::testing::{ORIGIN, PASSWORD, Server};

fn setup(token: &str) -> Value {
    json!({
        "token": token,
        "organizationName": "Analytical Engines",
        "name": "Ada Lovelace",
        "email": " Ada@Example.COM ",
        "password": PASSWORD,
    })
}

fn with(token: &str, field: &str, value: Value) -> Value {
    let mut body = setup(token);
    body[field] = value;
    body
}

fn later(hours: i64) -> Clock {
    Clock::fixed(Clock::system().now() + time::Duration::hours(hours))
}

#[tokio::test]
async fn a_link_makes_the_first_organisation_and_signs_its_owner_in() {
    let server = Server::start().await;
    let visitor = server.visitor();
    let meta = visitor.get("/meta").await.expect(200).json();
    assert_eq!(meta["product"], "VaultTerm");
    assert_eq!(meta["setupRequired"], true);
    let token = server.setup_token().await;
    visitor
        .post("/setup/check", json!({"token": token}))
        .await
        .expect(204);
    let answer = visitor.post("/setup", setup(&token)).await.expect(201);
    let me = answer.json();
    assert_eq!(me["user"]["email"], "ada@example.com");
    assert_eq!(me["user"]["name"], "Ada Lovelace");
    assert_eq!(me["organization"]["name"], "Analytical Engines");
    assert_eq!(me["role"], "owner");
    let owner = visitor.clone().with_cookie(answer.cookie());
    assert_eq!(owner.get("/me").await.expect(200).json(), me);
    assert_eq!(
        visitor.get("/meta").await.expect(200).json()["setupRequired"],
        false
    );
    let trail = owner.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"].as_array().unwrap().len(), 1, "{trail}");
    assert_eq!(trail["items"][0]["action"], "organization.created");
    assert_eq!(trail["items"][0]["actor"]["name"], "Ada Lovelace");
}

#[tokio::test]
async fn a_link_works_once() {
    let server = Server::start().await;
    let token = server.setup_token().await;
    let visitor = server.visitor();
    visitor.post("/setup", setup(&token)).await.expect(201);
    let check = visitor.post("/setup/check", json!({"token": token})).await;
    check.expect_problem(404, "setup-token-invalid");
    let again = visitor.post("/setup", setup(&token)).await;
    again.expect_problem(404, "setup-token-invalid");
    let refused = super::setup_link(&server.app.db, &server.app.clock, ORIGIN).await;
    assert!(matches!(refused, Err(super::SetupLinkError::AlreadySetUp)));
    assert_eq!(server.database.count("organizations").await, 1);
}

#[tokio::test]
async fn of_many_setups_with_one_link_exactly_one_succeeds() {
    let server = Server::start().await;
    let token = server.setup_token().await;
    let attempts = (0..8).map(|n| {
        let visitor = server.visitor();
        let body = with(&token, "email", json!(format!("person{n}@example.com")));
        async move { visitor.post("/setup", body).await.status.as_u16() }
    });
    let mut statuses = join_all(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 404, 404, 404, 404, 404, 404, 404]);
    for table in [
        "organizations",
        "organization_directory",
        "users",
        "memberships",
        "audit_events",
    ] {
        assert_eq!(server.database.count(table).await, 1, "{table}");
    }
}

#[tokio::test]
async fn a_link_expires_after_a_day() {
    let server = Server::start().await;
    let token = server.setup_token().await;
    let tomorrow = server.replica(later(24), &[]).await.visitor();
    let check = tomorrow.post("/setup/check", json!({"token": token})).await;
    check.expect_problem(404, "setup-token-invalid");
    let setup_late = tomorrow.post("/setup", setup(&token)).await;
    setup_late.expect_problem(404, "setup-token-invalid");
    let in_time = server.replica(later(23), &[]).await.visitor();
    in_time
        .post("/setup/check", json!({"token": token}))
        .await
        .expect(204);
}

#[tokio::test]
async fn a_newer_link_takes_the_place_of_an_older_one() {
    let server = Server::start().await;
    let (older, newer) = (server.setup_token().await, server.setup_token().await);
    let visitor = server.visitor();
    let check = visitor.post("/setup/check", json!({"token": older})).await;
    check.expect_problem(404, "setup-token-invalid");
    visitor
        .post("/setup/check", json!({"token": newer}))
        .await
        .expect(204);
}

#[tokio::test]
async fn only_the_digest_of_a_link_is_stored() {
    use sha2::Digest as _;
    let server = Server::start().await;
    let token = server.setup_token().await;
    let mut behind = server.database.behind().await;
    let rows: Vec<(Vec<u8>, OffsetDateTime)> =
        sqlx::query_as("SELECT digest, expires_at FROM setup_tokens")
            .fetch_all(&mut behind)
            .await
            .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].0, sha2::Sha256::digest(&token).to_vec());
    assert!(token.len() >= 64, "256 bits");
}

#[tokio::test]
async fn tokens_that_are_none_are_refused_alike() {
    let server = Server::start().await;
    let good = server.setup_token().await;
    let bad = [
        String::new(),
        "0".repeat(64),
        good.to_uppercase(),
        format!("{good} "),
        format!("{good}0"),
        "' OR true --".to_owned(),
        "\0".to_owned(),
        "\u{1f512}".repeat(1000),
    ];
    let visitor = server.visitor();
    for token in &bad {
        let check = visitor.post("/setup/check", json!({"token": token})).await;
        check.expect_problem(404, "setup-token-invalid");
        let answer = visitor.post("/setup", setup(token)).await;
        answer.expect_problem(404, "setup-token-invalid");
    }
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once_and_the_link_stays_good() {
    let server = Server::start().await;
    let token = server.setup_token().await;
    let visitor = server.visitor();
    let body = json!({
        "token": token, "organizationName": " ", "name": "a\u{0}b", "email": "nobody",
        "password": PASSWORD,
    });
    let answer = visitor
        .post("/setup", body)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(answer.wrong_fields(), ["organizationName", "name", "email"]);
    let cases = [
        ("password", json!("too short")),
        ("password", json!("aaaaaaaaaaaaaaaaaaaa")),
        ("password", json!("ada@example.com")),
        ("password", json!("Analytical Engines")),
        ("password", json!("x1y2z".repeat(60))),
        ("name", json!("x".repeat(121))),
        ("organizationName", json!("\u{1f9ee}".repeat(121))),
        ("email", json!(format!("{}@example.com", "x".repeat(250)))),
        ("email", json!("ada@example.com\nbcc: all@example.com")),
    ];
    for (field, value) in cases {
        let answer = visitor
            .post("/setup", with(&token, field, value.clone()))
            .await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), [field], "{value}");
    }
    assert_eq!(server.database.count("users").await, 0);
    assert_eq!(server.database.count("organizations").await, 0);
    visitor.post("/setup", setup(&token)).await.expect(201);
}

#[tokio::test]
async fn names_are_kept_as_they_were_written() {
    let server = Server::start().await;
    let token = server.setup_token().await;
    let name = "Робер'); DROP TABLE users;-- \u{1f9ee} <b>\"&\\";
    let body = with(&token, "organizationName", json!(format!("  {name} ")));
    let me = server
        .visitor()
        .post("/setup", body)
        .await
        .expect(201)
        .json();
    assert_eq!(me["organization"]["name"], name);
}

#[tokio::test]
async fn without_the_cache_nothing_is_set_up_and_the_link_stays_good() {
    let server = Server::start().await;
    let token = server.setup_token().await;
    let visitor = server.visitor();
    server.cache.cut();
    let refused = visitor.post("/setup", setup(&token)).await;
    refused.expect_problem(503, "unavailable");
    assert_eq!(
        visitor.get("/meta").await.expect(200).json()["setupRequired"],
        true
    );
    server.cache.mend();
    visitor.post("/setup", setup(&token)).await.expect(201);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_are_refused() {
    let server = Server::start().await;
    let token = server.setup_token().await;
    for field in ["role", "orgId", "id", "organization_name"] {
        let answer = server
            .visitor()
            .post("/setup", with(&token, field, json!("owner")))
            .await;
        answer.expect_problem(400, "bad-request");
    }
}
