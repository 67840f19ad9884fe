//! SQL of favourites.

use crate::authz::{Permit, Read};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::SecretId;

/// Notes that somebody keeps a secret at hand, or no longer; whether that is new.
pub(in crate::vault) async fn set(
    tx: &mut TenantTx,
    permit: Permit<Read>,
    secret: SecretId,
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
        .bind(secret)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}
