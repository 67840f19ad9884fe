//! A connection that goes back to the pool carries nothing of whom it served.
//!
//! The pool holds one connection, so that the next question is certain to get the same one.

use std::time::Duration;

use sqlx::Row as _;
use uuid::Uuid;

use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::testing::Server;

struct Stage {
    server: Server,
    db: Db,
    ada: OrgId,
    bob: OrgId,
}

/// Two organisations with a vault each, and a pool of one connection.
async fn stage() -> Stage {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    for person in [&ada, &bob] {
        person.vault("Engines").await;
    }
    let db = Db::prepare(&server.database.plain(), 1);
    Stage {
        db,
        ada: OrgId::from_uuid(ada.org),
        bob: OrgId::from_uuid(bob.org),
        server,
    }
}

async fn orgs_seen(tx: &mut TenantTx) -> Vec<Uuid> {
    sqlx::query_scalar("SELECT org_id FROM vaults ORDER BY org_id")
        .fetch_all(tx.connection())
        .await
        .unwrap()
}

impl Stage {
    async fn enter(&self, org: OrgId) -> TenantTx {
        TenantTx::begin(&self.db, org).await.unwrap()
    }

    /// Nobody's rows are seen without a context, and the next tenant sees its own alone.
    async fn assert_clean(&self, after: &str) {
        let row = sqlx::query(
            "SELECT count(*) AS rows, coalesce(current_setting('vaultterm.org_id', true), '') AS org
             FROM vaults",
        )
        .fetch_one(self.db.pool())
        .await
        .unwrap();
        assert_eq!(row.get::<i64, _>("rows"), 0, "after {after}");
        assert_eq!(row.get::<String, _>("org"), "", "after {after}");
        let mut tx = self.enter(self.bob).await;
        assert_eq!(
            orgs_seen(&mut tx).await,
            [self.bob.as_uuid()],
            "after {after}"
        );
        tx.finish();
        assert_eq!(self.db.pool().size(), 1, "another connection after {after}");
    }
}

#[tokio::test]
async fn another_tenant_leaves_nothing() {
    let stage = stage().await;
    let mut tx = stage.enter(stage.ada).await;
    assert_eq!(orgs_seen(&mut tx).await, [stage.ada.as_uuid()]);
    tx.finish();
    stage.assert_clean("a transaction that ended").await;
    drop(stage.enter(stage.ada).await);
    stage.assert_clean("a transaction that was dropped").await;
    stage
        .enter(stage.ada)
        .await
        .commit_recorded()
        .await
        .unwrap();
    stage.assert_clean("a commit").await;
}

#[tokio::test]
async fn a_cancelled_request_leaves_nothing() {
    let stage = stage().await;
    let cancelled = tokio::time::timeout(Duration::from_millis(200), async {
        let mut tx = stage.enter(stage.ada).await;
        sqlx::query("SELECT pg_sleep(1)")
            .execute(tx.connection())
            .await
            .unwrap();
    });
    assert!(cancelled.await.is_err());
    stage
        .assert_clean("a request that was cancelled in a statement")
        .await;
}

#[tokio::test]
async fn a_panic_leaves_nothing() {
    let stage = stage().await;
    let (db, ada) = (stage.db.clone(), stage.ada);
    let panicked = tokio::spawn(async move {
        let mut tx = TenantTx::begin(&db, ada).await.unwrap();
        assert_eq!(
            orgs_seen(&mut tx).await.len(),
            0,
            "this panics, and is meant to"
        );
    });
    assert!(panicked.await.unwrap_err().is_panic());
    stage.assert_clean("a panic").await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_leaves_nothing() {
    let stage = stage().await;
    let mut tx = stage.enter(stage.ada).await;
    sqlx::query("SET LOCAL statement_timeout = 50")
        .execute(tx.connection())
        .await
        .unwrap();
    let error = sqlx::query("SELECT pg_sleep(5)")
        .execute(tx.connection())
        .await
        .unwrap_err();
    assert!(
        DbError::from(error).is_unavailable(),
        "too long is not the asker's fault"
    );
    drop(tx);
    stage.assert_clean("a statement timeout").await;
}

#[tokio::test]
async fn a_failed_statement_leaves_nothing() {
    let stage = stage().await;
    let mut tx = stage.enter(stage.ada).await;
    sqlx::query("SELECT 1 / 0")
        .execute(tx.connection())
        .await
        .unwrap_err();
    drop(tx);
    stage.assert_clean("an error in a transaction").await;
}

#[tokio::test]
async fn rolling_back_to_a_savepoint_restores_the_tenant() {
    let stage = stage().await;
    let mut tx = stage.enter(stage.ada).await;
    sqlx::query("SAVEPOINT here")
        .execute(tx.connection())
        .await
        .unwrap();
    sqlx::query("SELECT set_config('vaultterm.org_id', $1, true)")
        .bind(stage.bob.to_string())
        .execute(tx.connection())
        .await
        .unwrap();
    assert_eq!(orgs_seen(&mut tx).await, [stage.bob.as_uuid()]);
    sqlx::query("ROLLBACK TO SAVEPOINT here")
        .execute(tx.connection())
        .await
        .unwrap();
    assert_eq!(orgs_seen(&mut tx).await, [stage.ada.as_uuid()]);
    tx.finish();
    stage.assert_clean("a savepoint").await;
}

/// The accounts that the lookup of many finds, each with the organisations that it sees.
async fn standings(db: &Db, accounts: &[Uuid]) -> Vec<(Uuid, Uuid)> {
    sqlx::query_as("SELECT account, org_id FROM vaultterm_standings($1)")
        .bind(accounts)
        .fetch_all(db.pool())
        .await
        .unwrap()
}

/// Accounts, memberships, organisations and policies that a connection sees without a context.
async fn seen(db: &Db) -> i64 {
    sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM memberships)
            + (SELECT count(*) FROM organizations) + (SELECT count(*) FROM organization_policies)",
    )
    .fetch_one(db.pool())
    .await
    .unwrap()
}

#[tokio::test]
async fn the_lookup_of_accounts_leaves_nothing_open_not_even_in_its_own_transaction() {
    let stage = stage().await;
    let bob = stage.server.user_of("bob@example.com").await;
    assert_eq!(
        standings(&stage.db, &[bob]).await,
        [(bob, stage.bob.as_uuid())]
    );
    assert_eq!(seen(&stage.db).await, 0, "after a lookup");
    stage.assert_clean("a lookup").await;

    let mut tx = stage.enter(stage.ada).await;
    let count = "SELECT count(*) FROM users";
    let before: i64 = sqlx::query_scalar(count)
        .fetch_one(tx.connection())
        .await
        .unwrap();
    sqlx::query("SELECT * FROM vaultterm_standings($1)")
        .bind([bob])
        .execute(tx.connection())
        .await
        .unwrap();
    let after: i64 = sqlx::query_scalar(count)
        .fetch_one(tx.connection())
        .await
        .unwrap();
    assert_eq!(before, after, "within a tenant's transaction");
    tx.finish();
    stage.assert_clean("a lookup in a transaction").await;
}

/// Whatever a connection carries by some accident, a lookup finds who was asked for and nobody else.
#[tokio::test]
async fn hostile_settings_show_a_lookup_nobody_else() {
    let stage = stage().await;
    let ada = stage.server.user_of("ada@example.com").await;
    let bob = stage.server.user_of("bob@example.com").await;
    for (setting, value) in [
        ("vaultterm.lookup_user", bob.to_string()),
        ("vaultterm.lookup_user", "' OR true --".to_owned()),
        ("vaultterm.lookup_email", "bob@example.com".to_owned()),
        ("vaultterm.lookup_domain", "*".to_owned()),
        ("vaultterm.org_id", stage.bob.to_string()),
    ] {
        sqlx::query("SELECT set_config($1, $2, false)")
            .bind(setting)
            .bind(&value)
            .execute(stage.db.pool())
            .await
            .unwrap();
        let name = format!("{setting}={value}");
        assert_eq!(
            standings(&stage.db, &[ada]).await,
            [(ada, stage.ada.as_uuid())],
            "{name}"
        );
        assert_eq!(standings(&stage.db, &[Uuid::now_v7()]).await, [], "{name}");
        assert_eq!(standings(&stage.db, &[]).await, [], "{name}");
        let left: String = sqlx::query_scalar("SELECT current_setting($1, true)")
            .bind(setting)
            .fetch_one(stage.db.pool())
            .await
            .unwrap();
        assert_eq!(left, value, "it is given back as it was");
        sqlx::query("SELECT set_config($1, '', false)")
            .bind(setting)
            .execute(stage.db.pool())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_lookup_that_failed_or_was_cut_off_leaves_nothing_open() {
    let stage = stage().await;
    let ada = stage.server.user_of("ada@example.com").await;
    sqlx::query("SELECT 1 / 0 FROM vaultterm_standings($1)")
        .bind([ada])
        .execute(stage.db.pool())
        .await
        .unwrap_err();
    assert_eq!(seen(&stage.db).await, 0, "after a failure");
    let cancelled = tokio::time::timeout(Duration::from_millis(200), async {
        sqlx::query("SELECT pg_sleep(1) FROM vaultterm_standings($1)")
            .bind([ada])
            .execute(stage.db.pool())
            .await
    });
    assert!(cancelled.await.is_err());
    assert_eq!(seen(&stage.db).await, 0, "after a cancellation");
}

#[tokio::test]
async fn tenants_that_take_turns_on_few_connections_never_mix() {
    let stage = stage().await;
    let db = Db::prepare(&stage.server.database.plain(), 2);
    let turns = (0..100).map(|turn| {
        let (db, org) = (
            db.clone(),
            if turn % 2 == 0 { stage.ada } else { stage.bob },
        );
        async move {
            let mut tx = TenantTx::begin(&db, org).await.unwrap();
            assert_eq!(orgs_seen(&mut tx).await, [org.as_uuid()]);
            // Some end as they should, some do not.
            if turn % 3 == 0 {
                drop(tx);
            } else {
                tx.finish();
            }
        }
    });
    futures_util::future::join_all(turns).await;
}
