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

/// Takes records out of the vault that they are in, into one of their own that is going, and destroys their
/// keys. All of it is one statement, and none of it grows with what a record has: files and versions, which
/// may be more than one statement can delete in its time, go from there (`going`). `$1` is the organisation,
/// `$2` that vault, `$3` the instant; the rest is for finding them.
macro_rules! let_go {
    ($found:literal) => {
        concat!(
            "WITH found AS (SELECT s.id, s.vault_id FROM secrets s ",
            $found,
            "),
             place AS (
                 INSERT INTO vaults (org_id, id, name, description, created_at, updated_at, going_since)
                 SELECT $1, $2, 'deleted', '', $3, $3, $3 WHERE EXISTS (SELECT FROM found)),
             keys AS (
                 DELETE FROM data_keys k USING found WHERE k.org_id = $1 AND k.id = found.id
                 RETURNING k.id, k.wrapped_key)
             UPDATE secrets AS s SET vault_id = $2
             FROM found LEFT JOIN keys ON keys.id = found.id
             WHERE s.org_id = $1 AND s.id = found.id
             RETURNING s.id, found.vault_id, s.version, s.sealed_meta, keys.wrapped_key"
        )
    };
}

/// Deletes a secret that is in it, with its key: from now on it is there for nobody. The version it was at.
pub(in crate::vault) async fn delete(
    tx: &mut TenantTx,
    permit: RecordPermit<Delete>,
    now: OffsetDateTime,
) -> Result<Option<i32>, DbError> {
    let gone = sqlx::query(let_go!(
        "WHERE s.org_id = $1 AND s.vault_id = $4 AND s.id = $5 AND s.trashed_at IS NOT NULL
         FOR UPDATE"
    ))
    .bind(permit.org())
    .bind(VaultId::new())
    .bind(now)
    .bind(permit.vault())
    .bind(permit.secret())
    .fetch_optional(tx.connection())
    .await?;
    Ok(gone.map(|row| row.try_get("version")).transpose()?)
}

/// A secret that was deleted just now, with what it takes to say what it was called.
pub(in crate::vault) struct Gone {
    pub(in crate::vault) id: SecretId,
    pub(in crate::vault) vault: VaultId,
    pub(in crate::vault) head: Head,
}

/// Deletes some of those that have been in it for long enough, with their keys. No permit: it is nobody's
/// act but the clock's. What lists need of each comes back, to say what it was called.
pub(in crate::vault) async fn expire(
    tx: &mut TenantTx,
    (before, now): (OffsetDateTime, OffsetDateTime),
    most: i64,
) -> Result<Vec<Gone>, DbError> {
    let org = tx.org();
    // Of what goes with its vault the trail has said so.
    let rows = sqlx::query(let_go!(
        "JOIN vaults v ON v.org_id = s.org_id AND v.id = s.vault_id AND v.going_since IS NULL
         WHERE s.org_id = $1 AND s.trashed_at < $4
         ORDER BY s.trashed_at LIMIT $5 FOR UPDATE OF s SKIP LOCKED"
    ))
    .bind(org)
    .bind(VaultId::new())
    .bind(now)
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
