//! SQL of the trail.

use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::canonical::{self, Entry};
use super::model::{Action, Written};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{AuditEventId, OrgId, UserId};

/// The columns of [`Stored`], of `audit_events e`. Times and words come in a form that can always be
/// taken: a time that no calendar of ours has would end the task that reads it.
pub(super) const COLUMNS: &str = "e.id,
     CASE WHEN e.at >= '0001-01-01 00:00:00+00' AND e.at < '10000-01-01 00:00:00+00' THEN e.at END AS at,
     e.actor_id, e.action, e.resource_type, e.resource_id, e.name, e.result, e.reason,
     e.detail::text AS detail, e.circumstances::text AS circumstances, e.server, e.monotonic,
     e.canonical, e.key_id, e.mac";

/// Stores an entry, and that it waits for its place in the chain.
pub(super) async fn insert(
    tx: &mut TenantTx,
    entry: &Written<'_>,
    (key, mac): (&[u8], &[u8]),
) -> Result<(), DbError> {
    let event = entry.event;
    sqlx::query(
        "WITH entry AS (
             INSERT INTO audit_events (org_id, id, at, actor_id, action, resource_type,
                 resource_id, name, result, reason, detail, circumstances, server, monotonic,
                 canonical, key_id, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17))
         INSERT INTO audit_pending (org_id, event_id) VALUES ($1, $2)",
    )
    .bind(entry.org)
    .bind(entry.id)
    .bind(event.at)
    .bind(event.actor)
    .bind(event.action.as_str())
    .bind(event.resource.map(|resource| resource.kind))
    .bind(event.resource.map(|resource| resource.id))
    .bind(entry.name)
    .bind(event.outcome.as_str())
    .bind(event.outcome.reason())
    .bind(&event.detail)
    .bind(&event.circumstances)
    .bind(entry.server)
    .bind(entry.monotonic)
    .bind(canonical::VERSION)
    .bind(key)
    .bind(mac)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores many entries with one statement, each with its code.
pub(super) async fn insert_all(
    tx: &mut TenantTx,
    key: &[u8],
    entries: &[(Written<'_>, [u8; 32])],
) -> Result<(), DbError> {
    type Coded<'b> = (Written<'b>, [u8; 32]);
    fn all<'a, 'b, T>(entries: &'a [Coded<'b>], part: impl Fn(&'a Written<'b>) -> T) -> Vec<T> {
        entries.iter().map(|(entry, _)| part(entry)).collect()
    }
    let org = tx.org();
    sqlx::query(
        "WITH given AS (
             SELECT * FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[],
                 $7::uuid[], $8::bytea[], $9::text[], $10::text[], $11::jsonb[], $12::jsonb[],
                 $13::uuid[], $14::bigint[], $15::bytea[])
                 AS given (id, at, actor_id, action, resource_type, resource_id, name, result,
                     reason, detail, circumstances, server, monotonic, mac)),
         entries AS (
             INSERT INTO audit_events (org_id, id, at, actor_id, action, resource_type,
                 resource_id, name, result, reason, detail, circumstances, server, monotonic,
                 canonical, key_id, mac)
             SELECT $1, id, at, actor_id, action, resource_type, resource_id, name, result, reason,
                 detail, circumstances, server, monotonic, $16, $17, mac
             FROM given)
         INSERT INTO audit_pending (org_id, event_id) SELECT $1, id FROM given",
    )
    .bind(org)
    .bind(all(entries, |entry| entry.id.as_uuid()))
    .bind(all(entries, |entry| entry.event.at))
    .bind(all(entries, |entry| entry.event.actor.map(UserId::as_uuid)))
    .bind(all(entries, |entry| entry.event.action.as_str()))
    .bind(all(entries, |entry| {
        entry.event.resource.map(|one| one.kind)
    }))
    .bind(all(entries, |entry| entry.event.resource.map(|one| one.id)))
    .bind(all(entries, |entry| entry.name))
    .bind(all(entries, |entry| entry.event.outcome.as_str()))
    .bind(all(entries, |entry| entry.event.outcome.reason()))
    .bind(all(entries, |entry| sqlx::types::Json(&entry.event.detail)))
    .bind(all(entries, |entry| {
        sqlx::types::Json(&entry.event.circumstances)
    }))
    .bind(all(entries, |entry| entry.server))
    .bind(all(entries, |entry| entry.monotonic))
    .bind(
        entries
            .iter()
            .map(|(_, code)| code.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(canonical::VERSION)
    .bind(key)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether something was recorded already, with at least these words.
pub(crate) async fn is_recorded(
    tx: &mut TenantTx,
    action: Action,
    detail: &Value,
) -> Result<bool, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM audit_events WHERE org_id = $1 AND action = $2 AND detail @> $3)",
    )
    .bind(org)
    .bind(action.as_str())
    .bind(detail)
    .fetch_one(tx.connection())
    .await?)
}

/// An entry as it is stored, with what authenticates it.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: AuditEventId,
    pub(super) at: OffsetDateTime,
    pub(super) actor_id: Option<UserId>,
    pub(super) action: String,
    pub(super) resource_type: Option<String>,
    pub(super) resource_id: Option<Uuid>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) result: String,
    pub(super) reason: Option<String>,
    pub(super) detail: Value,
    pub(super) circumstances: Value,
    pub(super) server: Uuid,
    pub(super) monotonic: i64,
    pub(super) canonical: i16,
    pub(super) key_id: Vec<u8>,
    pub(super) mac: Vec<u8>,
    /// Whether its time and its words can be read. No server writes others; what stands in their places
    /// is then nothing, for an entry that is not genuine to be shown and named like any other.
    pub(super) is_readable: bool,
}

impl FromRow<'_, PgRow> for Stored {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let words = |column: &str| -> Result<Option<Value>, sqlx::Error> {
            Ok(serde_json::from_str(row.try_get(column)?).ok())
        };
        let at: Option<OffsetDateTime> = row.try_get("at")?;
        let (detail, circumstances) = (words("detail")?, words("circumstances")?);
        let nothing = || Value::Object(serde_json::Map::new());
        Ok(Self {
            id: row.try_get("id")?,
            is_readable: at.is_some() && detail.is_some() && circumstances.is_some(),
            at: at.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            actor_id: row.try_get("actor_id")?,
            action: row.try_get("action")?,
            resource_type: row.try_get("resource_type")?,
            resource_id: row.try_get("resource_id")?,
            name: row.try_get("name")?,
            result: row.try_get("result")?,
            reason: row.try_get("reason")?,
            detail: detail.unwrap_or_else(nothing),
            circumstances: circumstances.unwrap_or_else(nothing),
            server: row.try_get("server")?,
            monotonic: row.try_get("monotonic")?,
            canonical: row.try_get("canonical")?,
            key_id: row.try_get("key_id")?,
            mac: row.try_get("mac")?,
        })
    }
}

impl Stored {
    /// Its text, as it is authenticated.
    pub(super) fn text(&self, org: OrgId) -> String {
        canonical::text(&Entry {
            org,
            id: self.id,
            at: self.at,
            actor: self.actor_id,
            action: &self.action,
            resource: self.resource_type.as_deref().zip(self.resource_id),
            name: self.name.as_deref(),
            result: &self.result,
            reason: self.reason.as_deref(),
            detail: &self.detail,
            circumstances: &self.circumstances,
            server: self.server,
            monotonic: self.monotonic,
        })
    }
}

/// An entry in its place, with the name that the one who acted has today.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Placed {
    pub(super) seq: i64,
    pub(super) actor_name: Option<String>,
    #[sqlx(flatten)]
    pub(super) entry: Stored,
}
