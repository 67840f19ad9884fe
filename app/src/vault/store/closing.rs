//! SQL of what hangs on a record and must not outlive its being closed.

use crate::authz::{RecordPermit, Write};
use crate::infra::db::{DbError, TenantTx};

/// Ends every link to a record, with what it shows; how many.
pub(in crate::vault) async fn end_links(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
) -> Result<u64, DbError> {
    let ended = sqlx::query("DELETE FROM secret_links WHERE org_id = $1 AND secret_id = $2")
        .bind(permit.org())
        .bind(permit.secret())
        .execute(tx.connection())
        .await?;
    Ok(ended.rows_affected())
}

/// Whether files are attached to a record, or on their way to it.
pub(in crate::vault) async fn has_files(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM attachments WHERE org_id = $1 AND secret_id = $2)",
    )
    .bind(permit.org())
    .bind(permit.secret())
    .fetch_one(tx.connection())
    .await?)
}
