//! SQL of what somebody may do: the highest of their roles that have not ended. Nothing else of the slice
//! decides it.

use sqlx::Row as _;
use time::OffsetDateTime;

use super::secrets;
use crate::edge::{Caller, Via};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{OrgRole, UserId, VaultId, VaultRole};
use crate::vault::model::Which;
use crate::vault::seal::Sealed;
use crate::vault::types::SecretType;

/// Somebody at an instant.
type Now = (UserId, OffsetDateTime);

/// Whether somebody is a confirmed member of an organisation that is open, by a token that has not ended
/// if they came by one.
pub(in crate::vault) async fn is_here(tx: &mut TenantTx, caller: &Caller) -> Result<bool, DbError> {
    let org = tx.org();
    let token = match caller.via {
        Via::Token { id, .. } => Some(id),
        Via::Session { .. } => None,
    };
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM memberships m
             JOIN organization_directory d ON d.id = m.org_id AND d.open
             WHERE m.org_id = $1 AND m.user_id = $2 AND m.state = 'confirmed'
               AND ($3::uuid IS NULL OR EXISTS (
                   SELECT FROM api_tokens t
                   WHERE t.org_id = $1 AND t.id = $3
                     AND (t.expires_at IS NULL OR t.expires_at > $4))))",
    )
    .bind(org)
    .bind(caller.user)
    .bind(token)
    .bind(caller.at)
    .fetch_one(tx.connection())
    .await?)
}

/// The role of a confirmed member in the organisation.
pub(in crate::vault) async fn role_in_organization(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<OrgRole>, DbError> {
    let org = tx.org();
    let role: Option<String> = sqlx::query_scalar(
        "SELECT role FROM memberships WHERE org_id = $1 AND user_id = $2 AND state = 'confirmed'",
    )
    .bind(org)
    .bind(user)
    .fetch_optional(tx.connection())
    .await?;
    let role = role.map(|role| role.parse());
    role.transpose()
        .map_err(|_| DbError::Impossible("memberships.role"))
}

/// The role in a vault.
pub(in crate::vault) async fn in_vault(
    tx: &mut TenantTx,
    vault: VaultId,
    (user, at): Now,
) -> Result<Option<VaultRole>, DbError> {
    let org = tx.org();
    let role: Option<String> = sqlx::query_scalar(
        "SELECT max(role)::text FROM vault_grants
         WHERE org_id = $1 AND vault_id = $2 AND user_id = $3
           AND (expires_at IS NULL OR expires_at > $4)",
    )
    .bind(org)
    .bind(vault)
    .bind(user)
    .bind(at)
    .fetch_one(tx.connection())
    .await?;
    role.as_deref().map(role_of).transpose()
}

/// The role in one record of a vault: that in the vault, or a higher one in the record alone.
pub(in crate::vault) async fn in_record(
    tx: &mut TenantTx,
    which: Which,
    (user, at): Now,
) -> Result<Option<VaultRole>, DbError> {
    let org = tx.org();
    let role: Option<String> = sqlx::query_scalar(
        "SELECT max(role)::text FROM (
             SELECT role, expires_at FROM vault_grants
             WHERE org_id = $1 AND vault_id = $2 AND user_id = $3
             UNION ALL
             SELECT role, expires_at FROM secret_grants
             WHERE org_id = $1 AND secret_id = $5 AND user_id = $3 AND vault_id = $2
         ) AS granted
         WHERE expires_at IS NULL OR expires_at > $4",
    )
    .bind(org)
    .bind(which.vault)
    .bind(user)
    .bind(at)
    .bind(which.secret)
    .fetch_one(tx.connection())
    .await?;
    role.as_deref().map(role_of).transpose()
}

/// A record that is not in the trash, as it is sealed, with the type that the database has.
pub(in crate::vault) type Kept = (SecretType, Sealed);

/// The role in a vault, and a record of it: one trip to the server, for what is asked most.
pub(in crate::vault) async fn in_vault_with_record(
    tx: &mut TenantTx,
    which: Which,
    (user, at): Now,
) -> Result<(Option<VaultRole>, Option<Kept>), DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT (SELECT max(role)::text FROM vault_grants
                 WHERE org_id = $1 AND vault_id = $2 AND user_id = $3
                   AND (expires_at IS NULL OR expires_at > $4)) AS role,
                s.type, s.version, k.wrapped_key, s.sealed_meta, s.sealed_value
         FROM (SELECT $5::uuid AS id) AS asked
         LEFT JOIN secrets s ON s.org_id = $1 AND s.vault_id = $2 AND s.id = asked.id
             AND s.trashed_at IS NULL
         LEFT JOIN data_keys k ON k.org_id = $1 AND k.id = s.id",
    )
    .bind(org)
    .bind(which.vault)
    .bind(user)
    .bind(at)
    .bind(which.secret)
    .fetch_one(tx.connection())
    .await?;
    let role: Option<String> = row.try_get("role")?;
    let there: Option<String> = row.try_get("type")?;
    let kept = there.map(|_| secrets::kept_of(&row)).transpose()?;
    Ok((role.as_deref().map(role_of).transpose()?, kept))
}

/// Reads a role.
pub(in crate::vault) fn role_of(text: &str) -> Result<VaultRole, DbError> {
    text.parse().map_err(|_| DbError::Impossible("a role"))
}
