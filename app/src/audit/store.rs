//! SQL of the trail.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::canonical;
use super::model::{Action, Actor, EventView, ResourceView, Written};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{AuditEventId, Cursor, Limit, UserId};
use crate::keys::AuditCode;

/// Stores an entry, and that it waits for its place in the chain.
pub(super) async fn insert(
    tx: &mut TenantTx,
    entry: &Written<'_>,
    code: &AuditCode,
) -> Result<(), DbError> {
    let event = entry.event;
    sqlx::query(
        "WITH entry AS (
             INSERT INTO audit_events (org_id, id, at, actor_id, action, resource_type,
                 resource_id, detail, circumstances, canonical, key_id, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))
         INSERT INTO audit_pending (org_id, event_id) VALUES ($1, $2)",
    )
    .bind(entry.org)
    .bind(entry.id)
    .bind(event.at)
    .bind(event.actor)
    .bind(event.action.as_str())
    .bind(event.resource.map(|resource| resource.kind))
    .bind(event.resource.map(|resource| resource.id))
    .bind(&event.detail)
    .bind(&event.circumstances)
    .bind(canonical::VERSION)
    .bind(code.key.as_bytes().as_slice())
    .bind(code.mac.as_slice())
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
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Stored {
    pub(super) id: AuditEventId,
    pub(super) at: OffsetDateTime,
    pub(super) actor_id: Option<UserId>,
    pub(super) action: String,
    pub(super) resource_type: Option<String>,
    pub(super) resource_id: Option<Uuid>,
    pub(super) detail: Value,
    pub(super) circumstances: Value,
    pub(super) canonical: i16,
    pub(super) key_id: Vec<u8>,
    pub(super) mac: Vec<u8>,
}

/// One page of the chain, the newest first.
pub(super) async fn list(
    tx: &mut TenantTx,
    cursor: Option<Cursor>,
    limit: Limit,
    since: Option<OffsetDateTime>,
) -> Result<Vec<EventView>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT e.id, l.seq, e.at, e.actor_id, u.name AS actor_name, e.action,
                e.resource_type, e.resource_id, e.detail, e.circumstances
         FROM audit_links l
         JOIN audit_events e ON e.org_id = l.org_id AND e.id = l.event_id
         LEFT JOIN users u ON u.id = e.actor_id
         WHERE l.org_id = $1 AND ($2::uuid IS NULL OR l.seq < (
             SELECT seq FROM audit_links WHERE org_id = $1 AND event_id = $2))
           AND ($4::timestamptz IS NULL OR e.at >= $4)
         ORDER BY l.seq DESC
         LIMIT $3",
    )
    .bind(org)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .bind(since)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(view).collect()
}

fn view(row: &PgRow) -> Result<EventView, DbError> {
    let actor: Option<UserId> = row.try_get("actor_id")?;
    let kind: Option<String> = row.try_get("resource_type")?;
    let resource: Option<Uuid> = row.try_get("resource_id")?;
    let name: Option<String> = row.try_get("actor_name")?;
    Ok(EventView {
        id: row.try_get("id")?,
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        actor: actor.map(|id| Actor { id, name }),
        action: row.try_get("action")?,
        resource: kind
            .zip(resource)
            .map(|(kind, id)| ResourceView { r#type: kind, id }),
        detail: row.try_get("detail")?,
        circumstances: row.try_get("circumstances")?,
    })
}
