//! Reading the trail.

use super::model::EventView;
use super::store;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::{Cursor, Limit, OrgId, Page};

/// One page, newest first.
pub(super) async fn list(
    db: &Db,
    org: OrgId,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<EventView>, DbError> {
    let mut tx = TenantTx::begin(db, org).await?;
    let rows = store::list(&mut tx, cursor, limit).await?;
    tx.finish().await?;
    Ok(Page::cut(rows, limit, |row| row.id.as_uuid()))
}
