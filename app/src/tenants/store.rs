//! SQL of the directory, and of what is counted inside a tenant.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

use super::model::{Figures, Tenant};
use super::standing::Marks;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, Limit, OrgId};

const COLUMNS: &str = "id, name, created_at, suspended_at, erase_at, erasing_since";

fn tenant(row: &PgRow) -> Result<Tenant, DbError> {
    Ok(Tenant {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        created_at: row.try_get("created_at")?,
        marks: Marks {
            suspended_at: row.try_get("suspended_at")?,
            erase_at: row.try_get("erase_at")?,
            erasing_since: row.try_get("erasing_since")?,
        },
    })
}

/// A page of the directory, newest first; of those whose name has the given words in it.
pub(super) async fn page(
    connection: &mut PgConnection,
    words: &str,
    (cursor, limit): (Option<Cursor>, Limit),
) -> Result<Vec<Tenant>, DbError> {
    let statement = format!(
        "SELECT {COLUMNS} FROM organization_directory
         WHERE ($1::uuid IS NULL OR id < $1) AND position(lower($2) IN lower(name)) > 0
         ORDER BY id DESC LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(cursor.map(|cursor| cursor.0))
        .bind(words)
        .bind(limit.fetch())
        .fetch_all(connection)
        .await?;
    rows.iter().map(tenant).collect()
}

/// One organisation.
pub(super) async fn one(
    connection: &mut PgConnection,
    id: OrgId,
) -> Result<Option<Tenant>, DbError> {
    find(connection, id, "").await
}

/// One organisation, of which nobody else decides until the transaction ends.
pub(super) async fn hold(
    connection: &mut PgConnection,
    id: OrgId,
) -> Result<Option<Tenant>, DbError> {
    find(connection, id, "FOR NO KEY UPDATE").await
}

async fn find(
    connection: &mut PgConnection,
    id: OrgId,
    lock: &str,
) -> Result<Option<Tenant>, DbError> {
    let statement = format!("SELECT {COLUMNS} FROM organization_directory WHERE id = $1 {lock}");
    let row = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(tenant).transpose()
}

/// Marks an organisation.
pub(super) async fn mark(
    connection: &mut PgConnection,
    id: OrgId,
    marks: Marks,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE organization_directory SET suspended_at = $2, erase_at = $3, erasing_since = $4
         WHERE id = $1",
    )
    .bind(id)
    .bind(marks.suspended_at)
    .bind(marks.erase_at)
    .bind(marks.erasing_since)
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts inside a tenant.
pub(super) async fn figures(tx: &mut TenantTx) -> Result<Figures, DbError> {
    let org = tx.org();
    let (members, pending, former, secrets): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE state = 'confirmed'),
                count(*) FILTER (WHERE state IN ('invited', 'accepted')),
                count(*) FILTER (WHERE state = 'revoked'),
                (SELECT count(*) FROM secrets WHERE org_id = $1)
         FROM memberships WHERE org_id = $1",
    )
    .bind(org)
    .fetch_one(tx.connection())
    .await?;
    Ok(Figures {
        members,
        pending,
        former,
        secrets,
    })
}

/// An organisation whose time has come, or that is half gone already; held, so that of several
/// replicas one goes on with it.
pub(super) async fn due(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Option<Tenant>, DbError> {
    let statement = format!(
        "SELECT {COLUMNS} FROM organization_directory
         WHERE erasing_since IS NOT NULL OR (erase_at <= $1 AND erase_at <= now())
         ORDER BY erase_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(now)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(tenant).transpose()
}

/// Where the organisation's own trail ends: the number of the last entry and the code of its link.
pub(super) async fn end_of_trail(tx: &mut TenantTx) -> Result<Option<(i64, Vec<u8>)>, DbError> {
    let org = tx.org();
    Ok(sqlx::query_as(
        "SELECT seq, mac FROM audit_links WHERE org_id = $1 ORDER BY seq DESC LIMIT 1",
    )
    .bind(org)
    .fetch_optional(tx.connection())
    .await?)
}

/// Erases so many rows, and says of which tables.
pub(super) async fn erase(
    connection: &mut PgConnection,
    id: OrgId,
    most: i32,
) -> Result<Vec<(String, i64)>, DbError> {
    Ok(
        sqlx::query_as("SELECT table_name, erased FROM erase_organization($1, $2)")
            .bind(id)
            .bind(most)
            .fetch_all(connection)
            .await?,
    )
}
