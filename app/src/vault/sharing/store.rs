//! SQL of what is given. There are four tables of one shape: people and teams, in vaults and in records.

pub(super) mod links;
pub(super) mod list;
pub(super) mod mine;

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::store::roles::role_of;
use super::model::{Grant, Grantee, Shared};
use crate::authz::{ManageMembers, Permit};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{SecretId, VaultId};

/// The statements about one of the tables.
struct Table {
    find: &'static str,
    put: &'static str,
    drop: &'static str,
}

macro_rules! table {
    ($name:literal, $what:literal, $whom:literal) => {
        Table {
            find: concat!(
                "SELECT role, expires_at FROM ",
                $name,
                " WHERE org_id = $1 AND ",
                $what,
                " = $2 AND ",
                $whom,
                " = $3 AND (expires_at IS NULL OR expires_at > $4)"
            ),
            put: concat!(
                "INSERT INTO ",
                $name,
                " (org_id, ",
                $what,
                ", ",
                $whom,
                ", role, expires_at, ",
                "granted_at, granted_by) VALUES ($1, $2, $3, $4, $5, $6, $7) ",
                "ON CONFLICT (org_id, ",
                $what,
                ", ",
                $whom,
                ") DO UPDATE SET ",
                "role = excluded.role, expires_at = excluded.expires_at, ",
                "granted_at = excluded.granted_at, granted_by = excluded.granted_by"
            ),
            drop: concat!(
                "DELETE FROM ",
                $name,
                " WHERE org_id = $1 AND ",
                $what,
                " = $2 AND ",
                $whom,
                " = $3"
            ),
        }
    };
}

const VAULT_USERS: Table = table!("vault_roles", "vault_id", "user_id");
const VAULT_TEAMS: Table = table!("vault_team_roles", "vault_id", "team_id");
const RECORD_USERS: Table = table!("secret_roles", "secret_id", "user_id");
const RECORD_TEAMS: Table = table!("secret_team_roles", "secret_id", "team_id");

const fn table(shared: Shared, grantee: Grantee) -> Table {
    match (shared, grantee) {
        (Shared::Vault(_), Grantee::User(_)) => VAULT_USERS,
        (Shared::Vault(_), Grantee::Team(_)) => VAULT_TEAMS,
        (Shared::Record(..), Grantee::User(_)) => RECORD_USERS,
        (Shared::Record(..), Grantee::Team(_)) => RECORD_TEAMS,
    }
}

const fn what(shared: Shared) -> Uuid {
    match shared {
        Shared::Vault(vault) => vault.as_uuid(),
        Shared::Record(_, secret) => secret.as_uuid(),
    }
}

const fn whom(grantee: Grantee) -> Uuid {
    match grantee {
        Grantee::User(user) => user.as_uuid(),
        Grantee::Team(team) => team.as_uuid(),
    }
}

fn grant_of(row: &PgRow) -> Result<Grant, DbError> {
    Ok(Grant {
        role: role_of(row.try_get("role")?)?,
        ends: row.try_get("expires_at")?,
    })
}

/// Lets those who change who has access to a vault take turns until the transaction ends.
pub(super) async fn lock(tx: &mut TenantTx, vault: VaultId) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("SELECT FROM vaults WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .bind(org)
        .bind(vault)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Whether a record is in the vault, and not in its trash.
pub(super) async fn has_record(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    secret: SecretId,
) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM secrets
             WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND trashed_at IS NULL)",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(secret)
    .fetch_one(tx.connection())
    .await?)
}

/// Whether a record is there, where it stays until the transaction ends: what is given in one goes when it is
/// moved, and a move must not miss what is being given.
pub(super) async fn stays(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    secret: SecretId,
) -> Result<bool, DbError> {
    let found = sqlx::query(
        "SELECT FROM secrets
         WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND trashed_at IS NULL FOR SHARE",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(secret)
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// Whether there is such a member or team, who stays until the transaction ends.
pub(super) async fn is_here(tx: &mut TenantTx, grantee: Grantee) -> Result<bool, DbError> {
    let org = tx.org();
    let statement = match grantee {
        Grantee::User(_) => {
            "SELECT FROM memberships
             WHERE org_id = $1 AND user_id = $2 AND state = 'confirmed' FOR SHARE"
        }
        Grantee::Team(_) => "SELECT FROM teams WHERE org_id = $1 AND id = $2 FOR KEY SHARE",
    };
    let found = sqlx::query(statement)
        .bind(org)
        .bind(whom(grantee))
        .fetch_optional(tx.connection())
        .await?;
    Ok(found.is_some())
}

/// What somebody was given, if it has not ended.
pub(super) async fn find(
    tx: &mut TenantTx,
    (shared, grantee): (Shared, Grantee),
    at: OffsetDateTime,
) -> Result<Option<Grant>, DbError> {
    let org = tx.org();
    let row = sqlx::query(table(shared, grantee).find)
        .bind(org)
        .bind(what(shared))
        .bind(whom(grantee))
        .bind(at)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(grant_of).transpose()
}

/// Every role in the vault of the person who decides, with its end.
pub(super) async fn own(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    at: OffsetDateTime,
) -> Result<Vec<Grant>, DbError> {
    let rows = sqlx::query(
        "SELECT role::text, expires_at FROM vault_grants
         WHERE org_id = $1 AND vault_id = $2 AND user_id = $3
           AND (expires_at IS NULL OR expires_at > $4)",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.user())
    .bind(at)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(grant_of).collect()
}

pub(super) async fn put(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    (shared, grantee): (Shared, Grantee),
    grant: Grant,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query(table(shared, grantee).put)
        .bind(permit.org())
        .bind(what(shared))
        .bind(whom(grantee))
        .bind(grant.role.as_str())
        .bind(grant.ends)
        .bind(now)
        .bind(permit.user())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Takes away what somebody was given. No permit: whoever gives up their own needs none.
pub(super) async fn drop(
    tx: &mut TenantTx,
    shared: Shared,
    grantee: Grantee,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(table(shared, grantee).drop)
        .bind(org)
        .bind(what(shared))
        .bind(whom(grantee))
        .execute(tx.connection())
        .await?;
    Ok(())
}
