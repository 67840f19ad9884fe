//! Carrying an erasure out.
//!
//! Each step is one transaction: it holds the organisation's line in the directory, so that of several
//! replicas one works on it, and goes on where the step before has ended, whoever did that. The first
//! says in the platform's own trail that the end has begun, with the number and the code of the last
//! entry of the organisation's trail: whoever has a backup can tell whether it is that trail to its end.
//! The database erases nothing before it finds this entry. The last step says that nothing is left.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use serde_json::json;

use super::model::Tenant;
use super::standing::{Marks, State};
use super::store;
use crate::audit;
use crate::context::App;
use crate::edge::error_chain;
use crate::infra::db::{DbError, PlatformTx, TenantTx};
use crate::platform::{self, Action, Event};

/// How often it looks whether somebody's time has come.
const PAUSE: Duration = Duration::from_secs(30);
/// So many rows go in one transaction: well below the longest that a statement may run.
const STEP: i32 = 5000;
/// The row that goes last.
const LAST: &str = "organization_directory";

/// Erases what is due, for as long as the server runs.
pub async fn keep(app: &App) -> Infallible {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = all_due(app, STEP).await {
            let error = error_chain(&error);
            tracing::warn!(error, "an erasure goes on later");
        }
    }
}

/// Works until nothing is due.
pub(super) async fn all_due(app: &App, step: i32) -> Result<(), DbError> {
    while one_step(app, step).await? {}
    Ok(())
}

/// Takes one step with one organisation; false when nothing is due, or others are at it.
pub(super) async fn one_step(app: &App, step: i32) -> Result<bool, DbError> {
    let now = app.clock.now();
    let mut tx = PlatformTx::begin(&app.db).await?;
    let Some(tenant) = store::due(tx.connection(), now).await? else {
        tx.finish();
        return Ok(false);
    };
    if tenant.marks.state() == State::Erasing {
        some_rows(app, &mut tx, &tenant, step).await?;
    } else {
        begin(app, &mut tx, &tenant).await?;
    }
    tx.commit_housekeeping().await?;
    Ok(true)
}

/// The point of no return.
async fn begin(app: &App, tx: &mut PlatformTx, tenant: &Tenant) -> Result<(), DbError> {
    // Nobody writes any more: now the chain holds everything.
    audit::seal(&app.db, &app.keys, tenant.id).await?;
    let mut inside = TenantTx::begin(&app.db, tenant.id).await?;
    let end = store::end_of_trail(&mut inside).await?;
    let figures = store::figures(&mut inside).await?;
    inside.finish();
    let now = app.clock.now();
    let (entries, code) = end.unwrap_or_default();
    let event = Event {
        at: now,
        action: Action::OrganizationErasing,
        detail: json!({
            "organization": tenant.id, "name": tenant.name, "members": figures.members,
            "secrets": figures.secrets, "auditEntries": entries, "auditCode": hex::encode(code),
        }),
    };
    let marks = Marks {
        erasing_since: tenant.marks.erase_at.max(Some(now)),
        ..tenant.marks
    };
    store::mark(tx.connection(), tenant.id, marks).await?;
    platform::record_first(tx, &app.keys, &event).await?;
    tracing::warn!(organization = %tenant.id, "erasing an organisation");
    Ok(())
}

async fn some_rows(
    app: &App,
    tx: &mut PlatformTx,
    tenant: &Tenant,
    step: i32,
) -> Result<(), DbError> {
    let erased = store::erase(tx.connection(), tenant.id, step).await?;
    let rows: BTreeMap<String, i64> = erased.into_iter().collect();
    tracing::info!(organization = %tenant.id, ?rows, "erased");
    if rows.contains_key(LAST) {
        let event = Event {
            at: app.clock.now(),
            action: Action::OrganizationErased,
            detail: json!({"organization": tenant.id, "name": tenant.name}),
        };
        platform::record_first(tx, &app.keys, &event).await?;
        tracing::warn!(organization = %tenant.id, "an organisation is erased");
    }
    Ok(())
}
