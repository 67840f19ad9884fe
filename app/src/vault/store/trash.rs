//! SQL of the trash.

use sqlx::Row as _;
use time::OffsetDateTime;

use super::secrets::head_of;
use crate::authz::{Delete, ManageVault, Permit, RecordPermit};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{SecretId, VaultId};
use crate::vault::seal::Head;

/// Puts a secret into the trash; the version it is at, or none when it is not there.
pub(in crate::vault) async fn put(
    tx: &mut TenantTx,
    permit: RecordPermit<Delete>,
    now: OffsetDateTime,
) -> Result<Option<i32>, DbError> {
    Ok(sqlx::query_scalar(
        "UPDATE secrets SET trashed_at = $4, trashed_by = $5
         WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND trashed_at IS NULL
         RETURNING version",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .bind(now)
    .bind(permit.user())
    .fetch_optional(tx.connection())
    .await?)
}

/// Takes a secret out of it again; the version it is at, or none when it is not in there.
pub(in crate::vault) async fn take(
    tx: &mut TenantTx,
    permit: RecordPermit<Delete>,
) -> Result<Option<i32>, DbError> {
    Ok(sqlx::query_scalar(
        "UPDATE secrets SET trashed_at = NULL, trashed_by = NULL
         WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND trashed_at IS NOT NULL
         RETURNING version",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .fetch_optional(tx.connection())
    .await?)
}

/// How many secrets of a vault are in it.
pub(in crate::vault) async fn count(
    tx: &mut TenantTx,
    permit: Permit<ManageVault>,
) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM secrets
         WHERE org_id = $1 AND vault_id = $2 AND trashed_at IS NOT NULL",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .fetch_one(tx.connection())
    .await?)
}

/// Deletes a secret that is in it, its versions and its key; the version it was at.
pub(in crate::vault) async fn delete(
    tx: &mut TenantTx,
    permit: RecordPermit<Delete>,
) -> Result<Option<i32>, DbError> {
    Ok(sqlx::query_scalar(
        "DELETE FROM secrets
         WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND trashed_at IS NOT NULL
         RETURNING version",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .fetch_optional(tx.connection())
    .await?)
}

/// A secret that was deleted just now, with what it takes to say what it was called.
pub(in crate::vault) struct Gone {
    pub(in crate::vault) id: SecretId,
    pub(in crate::vault) vault: VaultId,
    pub(in crate::vault) head: Head,
}

/// Deletes some of those that have been in it for long enough, with their versions and keys. No permit:
/// it is nobody's act but the clock's. What lists need of each comes back, to say what it was called.
pub(in crate::vault) async fn expire(
    tx: &mut TenantTx,
    before: OffsetDateTime,
    most: i64,
) -> Result<Vec<Gone>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "DELETE FROM secrets WHERE org_id = $1 AND id IN (
             SELECT id FROM secrets WHERE org_id = $1 AND trashed_at < $2
             ORDER BY trashed_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id, vault_id, version, sealed_meta, (
             SELECT k.wrapped_key FROM data_keys k
             WHERE k.org_id = secrets.org_id AND k.id = secrets.id) AS wrapped_key",
    )
    .bind(org)
    .bind(before)
    .bind(most)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Gone {
                id: row.try_get("id")?,
                vault: row.try_get("vault_id")?,
                head: head_of(row)?,
            })
        })
        .collect()
}
