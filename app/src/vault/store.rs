//! SQL of vaults and secrets. Gated work takes the permit.

pub(super) mod adoption;
pub(super) mod roles;

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::model::{Person, SecretType, Vault};
use super::seal::Sealed;
use crate::authz::{Delete, ManageVault, Permit, Read, RecordPermit, Write};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, Limit, SecretId, UserId, VaultId, VaultRole};

/// A secret as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: SecretId,
    pub(super) r#type: SecretType,
    pub(super) sealed: Sealed,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
    pub(super) updated_by: Option<Person>,
}

/// The vaults in which somebody has a role at an instant, newest first.
pub(super) async fn vaults(
    tx: &mut TenantTx,
    (user, at): (UserId, OffsetDateTime),
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Vault>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT v.id, v.name, v.description, v.created_at, v.updated_at, r.role,
                (SELECT count(*) FROM secrets s WHERE s.org_id = $1 AND s.vault_id = v.id)
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
        "SELECT v.id, v.name, v.description, v.created_at, v.updated_at,
                (SELECT count(*) FROM secrets s WHERE s.org_id = $1 AND s.vault_id = v.id)
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

pub(super) async fn update_vault(
    tx: &mut TenantTx,
    permit: Permit<ManageVault>,
    (name, description): (Option<&str>, Option<&str>),
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE vaults SET name = coalesce($3, name), description = coalesce($4, description),
             updated_at = $5
         WHERE org_id = $1 AND id = $2",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(name)
    .bind(description)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Deletes a vault, and with it all secrets and their keys.
pub(super) async fn delete_vault(
    tx: &mut TenantTx,
    permit: Permit<ManageVault>,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM vaults WHERE org_id = $1 AND id = $2")
        .bind(permit.org())
        .bind(permit.vault())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn secrets(
    tx: &mut TenantTx,
    permit: Permit<Read>,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Stored>, DbError> {
    let rows = sqlx::query(
        "SELECT s.id, s.type, s.version, k.wrapped_key, s.sealed_meta, s.sealed_value,
                s.created_at, s.updated_at, s.updated_by, u.name AS updated_by_name
         FROM secrets s LEFT JOIN data_keys k USING (org_id, id)
         LEFT JOIN users u ON u.id = s.updated_by
         WHERE s.org_id = $1 AND s.vault_id = $2 AND ($3::uuid IS NULL OR s.id < $3)
         ORDER BY s.id DESC
         LIMIT $4",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(stored_of).collect()
}

pub(super) async fn secret(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
) -> Result<Option<Stored>, DbError> {
    let row = sqlx::query(
        "SELECT s.id, s.type, s.version, k.wrapped_key, s.sealed_meta, s.sealed_value,
                s.created_at, s.updated_at, s.updated_by, u.name AS updated_by_name
         FROM secrets s LEFT JOIN data_keys k USING (org_id, id)
         LEFT JOIN users u ON u.id = s.updated_by
         WHERE s.org_id = $1 AND s.vault_id = $2 AND s.id = $3",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(stored_of).transpose()
}

fn stored_of(row: &PgRow) -> Result<Stored, DbError> {
    let kind: String = row.try_get("type")?;
    let by: UserId = row.try_get("updated_by")?;
    let name: Option<String> = row.try_get("updated_by_name")?;
    Ok(Stored {
        id: row.try_get("id")?,
        r#type: match kind.as_str() {
            "PASSWORD" => SecretType::Password,
            _ => return Err(DbError::Impossible("secrets.type")),
        },
        sealed: sealed_of(row)?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        updated_by: name.map(|name| Person { id: by, name }),
    })
}

pub(super) async fn insert_secret(
    tx: &mut TenantTx,
    permit: Permit<Write>,
    (id, kind): (SecretId, SecretType),
    sealed: &Sealed,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query(
        "WITH record AS (
             INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta, sealed_value,
                 created_at, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $7, $8, $9, $9, $10))
         INSERT INTO data_keys (org_id, id, wrapped_key) VALUES ($1, $2, $6)",
    )
    .bind(permit.org())
    .bind(id)
    .bind(permit.vault())
    .bind(kind.as_str())
    .bind(sealed.version)
    .bind(&sealed.wrapped_key)
    .bind(&sealed.meta)
    .bind(&sealed.value)
    .bind(now)
    .bind(permit.user())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Puts the next version in place of exactly the one before; false when that is gone. The data key
/// is the record's own and stays, and so does what wraps it: a rotation may be wrapping it anew.
pub(super) async fn update_secret(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
    sealed: &Sealed,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let updated = sqlx::query(
        "UPDATE secrets SET version = $4, sealed_meta = $5, sealed_value = $6, updated_at = $7,
             updated_by = $8
         WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND version = $4 - 1",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .bind(sealed.version)
    .bind(&sealed.meta)
    .bind(&sealed.value)
    .bind(now)
    .bind(permit.user())
    .execute(tx.connection())
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Deletes a secret and its key; false when it is not there.
pub(super) async fn delete_secret(
    tx: &mut TenantTx,
    permit: Permit<Delete>,
    id: SecretId,
) -> Result<bool, DbError> {
    let deleted =
        sqlx::query("DELETE FROM secrets WHERE org_id = $1 AND vault_id = $2 AND id = $3")
            .bind(permit.org())
            .bind(permit.vault())
            .bind(id)
            .execute(tx.connection())
            .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Secrets that chance picks, as they are sealed. No permit: nothing of them leaves the self-test.
pub(super) async fn some_secrets(
    tx: &mut TenantTx,
    most: i64,
) -> Result<Vec<(SecretId, Sealed)>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT id, version, wrapped_key, sealed_meta, sealed_value
         FROM secrets LEFT JOIN data_keys USING (org_id, id)
         WHERE org_id = $1 AND id IN (
             SELECT id FROM secrets WHERE org_id = $1 ORDER BY random() LIMIT $2)",
    )
    .bind(org)
    .bind(most)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("id")?, sealed_of(row)?)))
        .collect()
}

/// The sealed parts of a row. A data key that is gone is none that opens anything.
pub(super) fn sealed_of(row: &PgRow) -> Result<Sealed, DbError> {
    let key: Option<Vec<u8>> = row.try_get("wrapped_key")?;
    Ok(Sealed {
        version: row.try_get("version")?,
        wrapped_key: key.unwrap_or_default(),
        meta: row.try_get("sealed_meta")?,
        value: row.try_get("sealed_value")?,
    })
}
