//! SQL of setup links, organisations and the directory.

pub(super) mod invitations;
pub(super) mod members;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::model::{DirectoryEntry, LinkToken};
use crate::entitlements::Seat;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{OrgId, OrgRole, UserId};

/// Any number that nobody else uses: "VTSETUP" in ASCII.
const SETUP_LOCK: i64 = 0x56_5453_4554_5550;

/// Whether there is an organisation.
pub(super) async fn any_organization(connection: &mut PgConnection) -> Result<bool, DbError> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM organization_directory)")
            .fetch_one(connection)
            .await?,
    )
}

/// Lets setups take turns until the transaction ends.
pub(super) async fn lock_setup(connection: &mut PgConnection) -> Result<(), DbError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(SETUP_LOCK)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps a token's digest; earlier ones that were never used are forgotten.
pub(super) async fn insert_token(
    connection: &mut PgConnection,
    token: &LinkToken,
    now: OffsetDateTime,
    expires: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM setup_tokens WHERE used_at IS NULL")
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO setup_tokens (digest, created_at, expires_at) VALUES ($1, $2, $3)")
        .bind(token.digest().as_slice())
        .bind(now)
        .bind(expires)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a token could be used now.
pub(super) async fn token_is_good(
    connection: &mut PgConnection,
    token: &LinkToken,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM setup_tokens WHERE digest = $1 AND used_at IS NULL AND expires_at > $2)",
    )
    .bind(token.digest().as_slice())
    .bind(now)
    .fetch_one(connection)
    .await?)
}

/// Uses a token up; false when it is unknown, used or expired.
pub(super) async fn use_token(
    connection: &mut PgConnection,
    token: &LinkToken,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let used = sqlx::query(
        "UPDATE setup_tokens SET used_at = $2
         WHERE digest = $1 AND used_at IS NULL AND expires_at > $2",
    )
    .bind(token.digest().as_slice())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub(super) async fn insert_organization(
    connection: &mut PgConnection,
    org: OrgId,
    name: &str,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query("INSERT INTO organizations (org_id, id, name, created_at) VALUES ($1, $1, $2, $3)")
        .bind(org)
        .bind(name)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO organization_policies (org_id) VALUES ($1)")
        .bind(org)
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO organization_directory (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(org)
        .bind(name)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores a confirmed member, who takes a seat.
pub(super) async fn insert_member(
    connection: &mut PgConnection,
    org: OrgId,
    user: UserId,
    role: OrgRole,
    _seat: Seat,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO memberships (org_id, user_id, role, state, created_at)
         VALUES ($1, $2, $3, 'confirmed', $4)",
    )
    .bind(org)
    .bind(user)
    .bind(role.as_str())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// What the organisation is called.
pub(super) async fn name(tx: &mut TenantTx) -> Result<Option<String>, DbError> {
    let org = tx.org();
    Ok(
        sqlx::query_scalar("SELECT name FROM organizations WHERE org_id = $1")
            .bind(org)
            .fetch_optional(tx.connection())
            .await?,
    )
}

/// Gives the organisation another name.
pub(super) async fn rename(tx: &mut TenantTx, name: &str) -> Result<(), DbError> {
    let org = tx.org();
    for statement in [
        "UPDATE organizations SET name = $2 WHERE org_id = $1",
        "UPDATE organization_directory SET name = $2 WHERE id = $1",
    ] {
        sqlx::query(statement)
            .bind(org)
            .bind(name)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

/// The directory, oldest first.
pub(crate) async fn directory(
    connection: &mut PgConnection,
    limit: i64,
) -> Result<Vec<DirectoryEntry>, DbError> {
    let rows: Vec<(OrgId, String, OffsetDateTime)> = sqlx::query_as(
        "SELECT id, name, created_at FROM organization_directory ORDER BY created_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, name, created_at)| DirectoryEntry {
            id,
            name,
            created_at,
        })
        .collect())
}

/// The organisations after one by id, in that order; a page of all.
pub(crate) async fn ids(
    connection: &mut PgConnection,
    after: Option<OrgId>,
    limit: i64,
) -> Result<Vec<OrgId>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM organization_directory WHERE $1::uuid IS NULL OR id > $1
         ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?)
}

/// Organisations that chance picks.
pub(crate) async fn some_ids(
    connection: &mut PgConnection,
    most: i64,
) -> Result<Vec<OrgId>, DbError> {
    Ok(
        sqlx::query_scalar("SELECT id FROM organization_directory ORDER BY random() LIMIT $1")
            .bind(most)
            .fetch_all(connection)
            .await?,
    )
}
