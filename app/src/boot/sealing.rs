//! What is done for every audit trail at the start, and slowly ever after: entries that nobody has given
//! a place, of a process that is gone or of a command, get one; a trail that has grown gets a checkpoint;
//! what a plan does not keep any longer goes. The database says whose turn it is, so that of several
//! servers each thing is done by one.

use std::convert::Infallible;
use std::time::Duration;

use crate::context::App;
use crate::edge::error_chain;
use crate::infra::db::{DbError, PlatformTx};
use crate::kernel::OrgId;
use crate::{audit, orgs};

/// How long after one walk through all organisations the next begins.
const EVERY: Duration = Duration::from_secs(300);
/// How long it rests between two pages of them.
const REST: Duration = Duration::from_millis(100);
/// So many organisations are asked for at a time.
const PAGE: i64 = 100;

/// Walks through all organisations, for as long as the server runs.
pub(super) async fn walk(app: &App) -> Infallible {
    loop {
        if let Err(error) = once(app).await {
            tracing::warn!(error = error_chain(&error), "the trails were not looked at");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn once(app: &App) -> Result<(), DbError> {
    let mut after = None;
    loop {
        let page = page(app, after).await?;
        for &org in &page {
            if let Err(error) = audit::seal(&app.db, &app.keys, org).await {
                // Those that follow get what is theirs, whatever was done to this one.
                tracing::warn!(%org, error = error_chain(&error), "entries of a trail wait for their places");
                continue;
            }
            let with = audit::Maker {
                db: &app.db,
                keys: &app.keys,
                now: app.clock.now(),
            };
            if let Err(error) = audit::make_if_due(with, org).await {
                tracing::warn!(%org, error = error_chain(&error), "a trail got no checkpoint");
            }
            if let Err(error) = audit::prune_if_due(app, org).await {
                tracing::warn!(%org, error = error_chain(&error), "a trail was not pruned");
            }
        }
        after = page.last().copied();
        if after.is_none() {
            return Ok(());
        }
        tokio::time::sleep(REST).await;
    }
}

async fn page(app: &App, after: Option<OrgId>) -> Result<Vec<OrgId>, DbError> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let page = orgs::ids(tx.connection(), after, PAGE).await?;
    tx.finish();
    Ok(page)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::once;
    use crate::testing::Server;

    #[tokio::test]
    async fn a_trail_that_cannot_be_sealed_holds_up_no_other() {
        let server = Server::start().await;
        let ada = server.owner().await;
        let bob = server.tenant("Difference Engines", "bob@example.com").await;
        once(&server.app).await.unwrap();
        for person in [&ada, &bob] {
            person.vault("Engines").await;
        }
        let behead = format!(
            "SET session_replication_role = replica; DELETE FROM audit_heads WHERE org_id = '{}'",
            ada.org
        );
        let mut behind = server.database.behind().await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(behead))
            .execute(&mut behind)
            .await
            .unwrap();
        assert!(ada.org < bob.org, "hers comes first");
        once(&server.app).await.unwrap();
        let waiting: Vec<Uuid> = sqlx::query_scalar("SELECT org_id FROM audit_pending")
            .fetch_all(&mut behind)
            .await
            .unwrap();
        assert_eq!(waiting, [ada.org]);
    }
}
