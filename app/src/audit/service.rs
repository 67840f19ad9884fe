//! Reading the trail.

use super::model::EventView;
use super::{chain, store};
use crate::context::App;
use crate::edge::{ListQuery, Problem};
use crate::infra::db::TenantTx;
use crate::kernel::{OrgId, Page};

/// One page, newest first. What is older than the plan shows is kept, and shows again with another.
pub(super) async fn list(
    app: &App,
    org: OrgId,
    query: ListQuery,
) -> Result<Page<EventView>, Problem> {
    let now = app.clock.now();
    let since = app.license.entitlements(now).audit_shown_since(now);
    // Numbers are given behind the writers; whoever looks sees them all.
    chain::seal(&app.db, &app.keys, org).await?;
    let mut tx = TenantTx::begin(&app.db, org).await?;
    let rows = store::list(&mut tx, query.cursor, query.limit, since).await?;
    tx.finish().await?;
    Ok(Page::cut(rows, query.limit, |row| row.id.as_uuid()))
}
