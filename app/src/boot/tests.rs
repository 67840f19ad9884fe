//! Readiness, migrations and the admin plane, on real services that come and go.

use std::time::Duration;

use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::infra::db::migrate::{self, SchemaError};
use crate::testing::{Client, Database, Server};

async fn sign_in(server: &Server) -> u16 {
    let body = json!({"email": "ada@example.com", "password": crate::testing::PASSWORD});
    let answer = server.visitor().post("/auth/sign-in", body).await;
    answer.status.as_u16()
}

/// Asks again for a while: what was cut is noticed, and comes back, in its own time.
async fn until<F: Future<Output = bool>>(what: &str, mut good: impl FnMut() -> F) {
    for _ in 0..100 {
        if good().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {what}");
}

/// The names of the checks that fail.
async fn failing(server: &Server) -> Vec<String> {
    let answer = server.browser().get("/readyz").await;
    let body = answer.json();
    let checks = body["checks"].as_object().unwrap();
    let bad = checks.iter().filter(|(_, check)| check["ok"] != true);
    let names: Vec<String> = bad.map(|(name, _)| name.clone()).collect();
    let expected = if names.is_empty() { 200 } else { 503 };
    assert_eq!(answer.status.as_u16(), expected, "{body}");
    names
}

#[tokio::test]
async fn without_the_cache_sign_in_fails_closed_and_comes_back_by_itself() {
    let server = Server::start().await;
    let ada = server.owner().await;
    assert_eq!(failing(&server).await, Vec::<String>::new());
    server.cache.cut();
    until("the cache is missed", || async {
        failing(&server).await == ["cache"]
    })
    .await;
    assert_eq!(sign_in(&server).await, 503);
    ada.get("/vaults").await.expect_problem(503, "unavailable");
    server.browser().get("/health").await.expect(200);
    server.cache.mend();
    until("sign-in comes back", || async {
        sign_in(&server).await == 200
    })
    .await;
    ada.get("/vaults").await.expect(200);
    assert_eq!(failing(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_database_that_goes_away_is_said_and_comes_back_by_itself() {
    let server = Server::start().await;
    let ada = server.owner().await;
    server.line.cut();
    until("the database is missed", || async {
        failing(&server).await.contains(&"database".to_owned())
    })
    .await;
    ada.get("/vaults").await.expect_problem(503, "unavailable");
    server.browser().get("/health").await.expect(200);
    server.line.mend();
    until("vaults come back", || async {
        ada.get("/vaults").await.status == 200
    })
    .await;
    assert_eq!(failing(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn another_master_key_is_not_ready() {
    let server = Server::start().await;
    let mut behind = server.database.behind().await;
    behind
        .execute("INSERT INTO master_keys VALUES ('\\x0102030405060708', 'current', now(), now())")
        .await
        .unwrap();
    assert_eq!(failing(&server).await, ["masterKey"]);
}

/// An empty database that belongs to the owner.
async fn empty(database: &Database) -> sqlx::postgres::PgConnectOptions {
    let name = format!("{}_empty", database.name());
    let mut behind = database.behind().await;
    let statement = format!("CREATE DATABASE {name} OWNER vaultterm_owner");
    behind
        .execute(sqlx::AssertSqlSafe(statement))
        .await
        .unwrap();
    database.owner().database(&name)
}

#[tokio::test]
async fn replicas_that_boot_at_once_migrate_once() {
    let owner = empty(&Database::create().await).await;
    let all = futures_util::future::join_all((0..4).map(|_| migrate::migrate(&owner))).await;
    let applied: usize = all.into_iter().map(|one| one.unwrap().pending.len()).sum();
    let count = migrate::migrator().iter().count();
    assert_eq!(applied, count, "each migration was applied by one of them");
    assert!(migrate::status(&owner).await.unwrap().is_current());
}

#[tokio::test]
async fn a_changed_migration_and_a_newer_schema_are_refused() {
    let owner = empty(&Database::create().await).await;
    migrate::migrate(&owner).await.unwrap();
    let mut connection = owner.connect().await.unwrap();
    connection
        .execute("UPDATE schema_migrations SET checksum = '\\x00' WHERE version = 2")
        .await
        .unwrap();
    let refused = migrate::migrate(&owner).await.unwrap_err();
    assert!(matches!(refused, SchemaError::Changed(2)), "{refused}");

    connection
        .execute(
            "INSERT INTO schema_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', true, '\\x00', 0)",
        )
        .await
        .unwrap();
    connection
        .execute("DELETE FROM schema_migrations WHERE version = 2")
        .await
        .unwrap();
    connection.close().await.unwrap();
    let refused = migrate::migrate(&owner).await.unwrap_err();
    assert!(
        matches!(refused, SchemaError::Newer { found: 9999, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn the_admin_plane_opens_to_its_token_only() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "mill", "hunter2").await;
    let operator = server.operator();
    for path in [
        "/admin/api/overview",
        "/admin/api/organizations",
        "/admin/api/migrations",
    ] {
        operator.get(path).await.expect(200);
        for token in ["", "wrong", "an-admin-token-of-more-than-32-characterz"] {
            let stranger: Client = server.operator().with_bearer(token);
            stranger.get(path).await.expect(401);
        }
    }
    let organizations = operator.get("/admin/api/organizations").await.json();
    assert_eq!(organizations["items"][0]["members"], 1);
    assert_eq!(organizations["items"][0]["secrets"], 1);
    assert!(
        !organizations.to_string().contains("mill"),
        "content of a tenant"
    );
    let overview = operator.get("/admin/api/overview").await.json();
    assert_eq!(overview["dependencies"]["database"]["ok"], true);
    operator.get("/metrics").await.expect(200);
}
