//! SQL of vaults and of what is in them. Gated work takes the permit.

pub(super) mod adoption;
pub(super) mod closing;
pub(super) mod favourites;
pub(super) mod going;
pub(super) mod imports;
pub(super) mod roles;
pub(super) mod sealed;
pub(super) mod secrets;
pub(super) mod trash;
pub(super) mod versions;

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::model::Vault;
use crate::authz::{ManageVault, Permit, Read};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, Limit, UserId, VaultId, VaultRole};

/// The vaults in which somebody has a role at an instant, newest first.
pub(super) async fn vaults(
    tx: &mut TenantTx,
    (user, at): (UserId, OffsetDateTime),
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Vault>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT v.id, v.name, v.description, v.version, v.created_at, v.updated_at, r.role,
                (SELECT count(*) FROM secrets s WHERE s.org_id = $1 AND s.vault_id = v.id
                     AND s.trashed_at IS NULL)
                    AS secret_count
         FROM vaults v
         JOIN (SELECT vault_id, max(role)::text AS role FROM vault_grants
               WHERE org_id = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > $5)
               GROUP BY vault_id) r ON r.vault_id = v.id
         WHERE v.org_id = $1 AND ($3::uuid IS NULL OR v.id < $3)
         ORDER BY v.id DESC
         LIMIT $4",
    )
    .bind(org)
    .bind(user)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .bind(at)
    .fetch_all(tx.connection())
    .await?;
    let role = |row: &PgRow| roles::role_of(row.try_get("role")?);
    rows.iter().map(|row| vault_of(row, role(row)?)).collect()
}

/// One vault, as somebody who may read it sees it.
pub(super) async fn vault(
    tx: &mut TenantTx,
    permit: Permit<Read>,
) -> Result<Option<Vault>, DbError> {
    let row = sqlx::query(
        "SELECT v.id, v.name, v.description, v.version, v.created_at, v.updated_at,
                (SELECT count(*) FROM secrets s WHERE s.org_id = $1 AND s.vault_id = v.id
                     AND s.trashed_at IS NULL)
                    AS secret_count
         FROM vaults v
         WHERE v.org_id = $1 AND v.id = $2",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| vault_of(&row, permit.role())).transpose()
}

fn vault_of(row: &PgRow, role: VaultRole) -> Result<Vault, DbError> {
    Ok(Vault {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        role,
        version: row.try_get("version")?,
        secret_count: row.try_get("secret_count")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// Makes a vault and gives it its owner.
pub(super) async fn insert_vault(
    tx: &mut TenantTx,
    vault: VaultId,
    owner: UserId,
    (name, description): (&str, &str),
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO vaults (org_id, id, name, description, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(org)
    .bind(vault)
    .bind(name)
    .bind(description)
    .bind(now)
    .execute(tx.connection())
    .await?;
    sqlx::query(
        "INSERT INTO vault_roles (org_id, vault_id, user_id, role) VALUES ($1, $2, $3, 'OWNER')",
    )
    .bind(org)
    .bind(vault)
    .bind(owner)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Changes a vault that is at exactly one version; false when it is at another by now.
pub(super) async fn update_vault(
    tx: &mut TenantTx,
    (permit, version): (Permit<ManageVault>, i32),
    (name, description): (Option<&str>, Option<&str>),
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let updated = sqlx::query(
        "UPDATE vaults SET name = coalesce($3, name), description = coalesce($4, description),
             updated_at = $5, version = version + 1
         WHERE org_id = $1 AND id = $2 AND version = $6",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(name)
    .bind(description)
    .bind(now)
    .bind(version)
    .execute(tx.connection())
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Makes a vault one that is going: nobody has a way into it any more. False where it is going already.
pub(super) async fn let_go(
    tx: &mut TenantTx,
    permit: Permit<ManageVault>,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let gone = sqlx::query(
        "UPDATE vaults SET going_since = $3 WHERE org_id = $1 AND id = $2 AND going_since IS NULL",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(gone.rows_affected() == 1)
}
