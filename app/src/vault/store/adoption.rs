//! SQL of vaults that no confirmed member owns, by themselves or through a team.

use sqlx::Row as _;
use time::OffsetDateTime;

use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, Limit, UserId, VaultId};
use crate::vault::adoption::OrphanedVault;

pub(in crate::vault) async fn orphaned(
    tx: &mut TenantTx,
    at: OffsetDateTime,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<OrphanedVault>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT v.id, v.name, v.created_at,
                (SELECT count(*) FROM secrets s WHERE s.org_id = $1 AND s.vault_id = v.id
                     AND s.trashed_at IS NULL)
                    AS secret_count
         FROM vaults v
         WHERE v.org_id = $1 AND v.going_since IS NULL AND ($2::uuid IS NULL OR v.id < $2)
           AND NOT EXISTS (
             SELECT FROM vault_grants g
             JOIN memberships m ON m.org_id = g.org_id AND m.user_id = g.user_id
             WHERE g.org_id = $1 AND g.vault_id = v.id AND g.role = 'OWNER'
               AND m.state = 'confirmed' AND (g.expires_at IS NULL OR g.expires_at > $4))
         ORDER BY v.id DESC LIMIT $3",
    )
    .bind(org)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .bind(at)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(OrphanedVault {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                secret_count: row.try_get("secret_count")?,
                created_at: row.try_get("created_at")?,
            })
        })
        .collect()
}

/// Gives a vault an owner if no confirmed member is one, and says its name then.
pub(in crate::vault) async fn take(
    tx: &mut TenantTx,
    vault: VaultId,
    (owner, at): (UserId, OffsetDateTime),
) -> Result<Option<String>, DbError> {
    let org = tx.org();
    // Those who would have it at once take turns, and the second finds it owned.
    sqlx::query("SELECT FROM vaults WHERE org_id = $1 AND id = $2 FOR UPDATE")
        .bind(org)
        .bind(vault)
        .execute(tx.connection())
        .await?;
    let name: Option<String> = sqlx::query_scalar(
        "SELECT v.name FROM vaults v
         WHERE v.org_id = $1 AND v.id = $2 AND v.going_since IS NULL AND NOT EXISTS (
             SELECT FROM vault_grants g
             JOIN memberships m ON m.org_id = g.org_id AND m.user_id = g.user_id
             WHERE g.org_id = $1 AND g.vault_id = v.id AND g.role = 'OWNER'
               AND m.state = 'confirmed' AND (g.expires_at IS NULL OR g.expires_at > $3))",
    )
    .bind(org)
    .bind(vault)
    .bind(at)
    .fetch_optional(tx.connection())
    .await?;
    if name.is_some() {
        sqlx::query(
            "INSERT INTO vault_roles (org_id, vault_id, user_id, role, granted_at, granted_by)
             VALUES ($1, $2, $3, 'OWNER', $4, $3)
             ON CONFLICT (org_id, vault_id, user_id) DO UPDATE
             SET role = 'OWNER', expires_at = NULL, granted_at = $4, granted_by = $3",
        )
        .bind(org)
        .bind(vault)
        .bind(owner)
        .bind(at)
        .execute(tx.connection())
        .await?;
    }
    Ok(name)
}
