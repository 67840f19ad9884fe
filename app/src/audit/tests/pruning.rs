//! What leaves a trail, and what is left of it.

use serde_json::json;
use sqlx::PgConnection;
use time::Duration;

use super::super::checkpoint::{prune_if_due, prune_some, pruned_for_tests};
use super::super::{Broken, Checkpoint, seal, verify, verify_against};
use super::chain::Stage;
use super::checkpoints::{checkpoint, stage};
use crate::infra::db::TenantTx;
use crate::kernel::{Clock, OrgId};
use crate::testing::{Person, Server};

/// By the database's own clock a checkpoint is of the day on which a test runs.
const SIGNED_LONG_AGO: &str = "UPDATE audit_checkpoints SET made_at = made_at - interval '60 days'";

/// Makes all checkpoints old, and gives the connection on which nothing is checked.
pub(super) async fn signed_long_ago(server: &Server) -> PgConnection {
    let mut behind = server.database.behind().await;
    for statement in ["SET session_replication_role = replica", SIGNED_LONG_AGO] {
        sqlx::raw_sql(statement).execute(&mut behind).await.unwrap();
    }
    behind
}

/// An organisation with five entries of two months ago.
async fn of_long_ago() -> (Server, Person, OrgId) {
    let long_ago = Clock::fixed(Clock::system().now() - Duration::days(60));
    let server = Server::start_at(long_ago, &[]).await;
    let ada = server.owner().await;
    let org = OrgId::from_uuid(ada.org);
    for number in 0..4 {
        ada.vault(&format!("vault {number}")).await;
    }
    (server, ada, org)
}

#[tokio::test]
async fn what_a_plan_does_not_keep_goes_and_what_is_left_still_verifies() {
    let (server, _, org) = of_long_ago().await;
    let kept = checkpoint(&server, org).await;
    let today = server.replica(Clock::system(), &[]).await;
    let ada = today.sign_in("ada@example.com").await;
    ada.vault("today").await;
    // To the database the checkpoint is of today, so nothing goes.
    assert_eq!(prune_if_due(&today.app, org).await.unwrap(), 0);
    let mut behind = signed_long_ago(&server).await;
    seal(&today.app.db, &today.app.keys, org).await.unwrap();
    assert_eq!(prune_if_due(&today.app, org).await.unwrap(), 5);
    assert_eq!(prune_if_due(&today.app, org).await.unwrap(), 0);
    let found = |server: &Server, kept: Vec<Checkpoint>| {
        let app = server.app.clone();
        async move {
            verify_against(&app.db, &app.keys, org, &kept)
                .await
                .unwrap()
        }
    };
    seal(&today.app.db, &today.app.keys, org).await.unwrap();
    assert_eq!(found(&today, vec![]).await, Ok(3));
    assert_eq!(
        found(&today, vec![kept]).await,
        Ok(3),
        "what was signed is still known"
    );
    let trail = ada.get("/audit-events").await.expect(200).json();
    let items = trail["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(items[0]["action"], "audit.pruned");
    assert_eq!(
        items[0]["detail"],
        json!({"through": 5, "checkpoint": 1, "entries": 5})
    );
    // The next one follows, and whoever takes more away than was pruned is found out.
    checkpoint(&today, org).await;
    assert_eq!(found(&today, vec![]).await, Ok(3));
    sqlx::raw_sql(
        "DELETE FROM audit_events e USING audit_links l WHERE l.event_id = e.id AND l.seq <= 6;
         DELETE FROM audit_links WHERE seq <= 6",
    )
    .execute(&mut behind)
    .await
    .unwrap();
    assert_eq!(found(&today, vec![]).await, Err(Broken::Missing(1)));
}

#[tokio::test]
async fn a_range_that_is_larger_than_what_goes_at_once_goes_as_a_whole() {
    let (server, ada, org) = of_long_ago().await;
    checkpoint(&server, org).await;
    ada.vault("one more").await;
    checkpoint(&server, org).await;
    let today = server.replica(Clock::system(), &[]).await;
    let ada = today.sign_in("ada@example.com").await;
    ada.vault("today").await;
    signed_long_ago(&server).await;
    let app = &today.app;
    seal(&app.db, &app.keys, org).await.unwrap();
    for gone in [5, 1, 0] {
        assert_eq!(prune_some(app, org, 2).await.unwrap(), gone);
    }
    seal(&app.db, &app.keys, org).await.unwrap();
    assert_eq!(verify(&app.db, &app.keys, org).await.unwrap(), Ok(4));
}

#[tokio::test]
async fn the_servers_role_prunes_nothing_that_is_young_or_uncovered() {
    let (mut stage, _) = stage().await;
    let prune = async |stage: &Stage, through: i64| {
        let app = &stage.server.app;
        let mut tx = TenantTx::begin(&app.db, stage.org).await.unwrap();
        pruned_for_tests(&mut tx, through).await.is_ok()
    };
    for through in [0, 5, 7, 10, 12] {
        assert!(!prune(&stage, through).await, "{through}");
    }
    // Not even where the checkpoint looks old: the entries themselves are young.
    stage.tamper(SIGNED_LONG_AGO).await;
    assert!(!prune(&stage, 7).await);
    stage
        .tamper("UPDATE audit_events SET at = at - interval '60 days'")
        .await;
    assert!(prune(&stage, 7).await);
    let app = &stage.server.app;
    let kept = verify(&app.db, &app.keys, stage.org).await.unwrap();
    assert_eq!(
        kept,
        Err(Broken::Changed(1)),
        "it was rolled back, and dates were bent"
    );
}
