//! SQL of what is left of secrets that somebody touched. No permit: what is shown of them is a name, to
//! whoever reads the trail.

use sqlx::Row as _;

use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{SecretId, UserId, VaultId};
use crate::vault::seal::{Head, Sealed};
use crate::vault::store::secrets::{head_of, sealed_of};

/// One that is there.
pub(super) struct Known {
    pub(super) id: SecretId,
    pub(super) vault: VaultId,
    pub(super) vault_name: String,
    pub(super) head: Head,
}

/// Whether the organisation knows somebody, also as one who has gone.
pub(super) async fn is_known(tx: &mut TenantTx, user: UserId) -> Result<bool, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM memberships WHERE org_id = $1 AND user_id = $2)",
    )
    .bind(org)
    .bind(user)
    .fetch_one(tx.connection())
    .await?)
}

/// Those of some secrets that are there, in the trash or not.
pub(super) async fn known(tx: &mut TenantTx, secrets: &[SecretId]) -> Result<Vec<Known>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT s.id, s.vault_id, v.name AS vault_name, s.version, k.wrapped_key, s.sealed_meta
         FROM secrets s
         JOIN vaults v ON v.org_id = s.org_id AND v.id = s.vault_id AND v.going_since IS NULL
         LEFT JOIN data_keys k ON k.org_id = s.org_id AND k.id = s.id
         WHERE s.org_id = $1 AND s.id = ANY ($2)",
    )
    .bind(org)
    .bind(secrets)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Known {
                id: row.try_get("id")?,
                vault: row.try_get("vault_id")?,
                vault_name: row.try_get("vault_name")?,
                head: head_of(row)?,
            })
        })
        .collect()
}

/// A version of one that is there, in the trash or not.
pub(super) async fn version(
    tx: &mut TenantTx,
    secret: SecretId,
    version: i32,
) -> Result<Option<Sealed>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT v.version, v.sealed_meta, v.sealed_value, k.wrapped_key
         FROM (SELECT version, sealed_meta, sealed_value FROM secrets WHERE org_id = $1 AND id = $2
               UNION ALL
               SELECT version, sealed_meta, sealed_value FROM secret_versions
               WHERE org_id = $1 AND secret_id = $2) v
         LEFT JOIN data_keys k ON k.org_id = $1 AND k.id = $2
         WHERE v.version = $3",
    )
    .bind(org)
    .bind(secret)
    .bind(version)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(sealed_of).transpose()
}
