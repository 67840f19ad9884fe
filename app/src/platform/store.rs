//! SQL of the trail.

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::backup::Backup;
use super::canonical;
use super::model::{Action, Entry, Event};
use crate::infra::db::DbError;
use crate::keys::AuditCode;

/// The installation's own id, if it has one yet.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn instance(connection: &mut PgConnection) -> Result<Option<Uuid>, DbError> {
    Ok(sqlx::query_scalar("SELECT instance FROM installation")
        .fetch_optional(connection)
        .await?)
}

/// Names the installation, unless it has a name. A trail that is there goes on where it ended.
pub(super) async fn insert_instance(
    connection: &mut PgConnection,
    instance: Uuid,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO installation (instance, created_at, last_seq)
         SELECT $1, $2, coalesce(max(seq), 0) FROM platform_events
         ON CONFLICT DO NOTHING",
    )
    .bind(instance)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the next number; the row lock makes writers take turns.
pub(super) async fn next_seq(connection: &mut PgConnection) -> Result<i64, DbError> {
    Ok(
        sqlx::query_scalar("UPDATE installation SET last_seq = last_seq + 1 RETURNING last_seq")
            .fetch_one(connection)
            .await?,
    )
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    seq: i64,
    event: &Event,
    code: &AuditCode,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO platform_events (seq, at, action, detail, canonical, key_id, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(seq)
    .bind(event.at)
    .bind(event.action.as_str())
    .bind(&event.detail)
    .bind(canonical::VERSION)
    .bind(code.key.as_bytes().as_slice())
    .bind(code.mac.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// When it was, as a time that can always be taken: one that no calendar of ours has would end the task
/// that reads it. No server writes such a one, and the code of an entry does not fit what stands for it.
const AT: &str = "CASE WHEN at >= '0001-01-01 00:00:00+00' AND at < '10000-01-01 00:00:00+00'
     THEN at ELSE 'epoch' END AS at";

/// Words as they are stored; null where they cannot be read, which no server has written either.
pub(super) fn words(stored: &str) -> Value {
    serde_json::from_str(stored).unwrap_or_default()
}

/// The newest entries, newest first.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn newest(connection: &mut PgConnection, most: i64) -> Result<Vec<Entry>, DbError> {
    let statement = format!(
        "SELECT seq, {AT}, action, detail::text FROM platform_events ORDER BY seq DESC LIMIT $1"
    );
    let rows: Vec<(i64, OffsetDateTime, String, String)> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(most)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(seq, at, action, detail)| Entry {
            seq,
            at,
            action,
            detail: words(&detail),
        })
        .collect())
}

/// The number that was given last, and the highest that is there, as of one instant.
pub(super) async fn ends(connection: &mut PgConnection) -> Result<(i64, i64), DbError> {
    Ok(sqlx::query_as(
        "SELECT coalesce((SELECT last_seq FROM installation), 0),
                coalesce((SELECT max(seq) FROM platform_events), 0)",
    )
    .fetch_one(connection)
    .await?)
}

/// An entry as it is stored, with what authenticates it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Stored {
    pub(super) seq: i64,
    pub(super) at: OffsetDateTime,
    pub(super) action: String,
    /// The words, as text: see [`words`].
    pub(super) detail: String,
    pub(super) canonical: i16,
    pub(super) key_id: Vec<u8>,
    pub(super) mac: Vec<u8>,
}

/// The entries that follow a number, oldest first.
pub(super) async fn following(
    connection: &mut PgConnection,
    after: i64,
    limit: i64,
) -> Result<Vec<Stored>, DbError> {
    let statement = format!(
        "SELECT seq, {AT}, action, detail::text AS detail, canonical, key_id, mac
         FROM platform_events WHERE seq > $1 ORDER BY seq LIMIT $2"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(after)
        .bind(limit)
        .fetch_all(connection)
        .await?)
}

/// Whether something was recorded already, with at least these words.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn is_recorded(
    connection: &mut PgConnection,
    action: Action,
    detail: &Value,
) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM platform_events WHERE action = $1 AND detail @> $2)",
    )
    .bind(action.as_str())
    .bind(detail)
    .fetch_one(connection)
    .await?)
}

/// Notes a backup, unless a newer one is noted.
pub(super) async fn set_backup(
    connection: &mut PgConnection,
    backup: Backup,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE installation SET backup_at = $1, backup_bytes = $2
         WHERE backup_at IS NULL OR backup_at < $1",
    )
    .bind(backup.at)
    .bind(backup.bytes)
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest backup that was noted.
pub(super) async fn backup(connection: &mut PgConnection) -> Result<Option<Backup>, DbError> {
    let row: Option<(OffsetDateTime, Option<i64>)> = sqlx::query_as(
        "SELECT backup_at, backup_bytes FROM installation WHERE backup_at IS NOT NULL",
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(at, bytes)| Backup { at, bytes }))
}
