//! SQL of favourites.

use crate::authz::{Read, RecordPermit};
use crate::infra::db::{DbError, TenantTx};

/// Notes that somebody keeps a secret at hand, or no longer; whether that is new.
pub(in crate::vault) async fn set(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
    favourite: bool,
) -> Result<bool, DbError> {
    let statement = if favourite {
        "INSERT INTO secret_favourites (org_id, user_id, secret_id) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM secret_favourites WHERE org_id = $1 AND user_id = $2 AND secret_id = $3"
    };
    let done = sqlx::query(statement)
        .bind(permit.org())
        .bind(permit.user())
        .bind(permit.secret())
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}
