//! SQL of checkpoints.

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use super::statement::Checkpoint;
use crate::infra::db::{DbError, TenantTx};

/// A checkpoint as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::audit) struct Stored {
    pub(in crate::audit) id: Uuid,
    pub(in crate::audit) number: i64,
    pub(in crate::audit) first_seq: i64,
    pub(in crate::audit) last_seq: i64,
    pub(in crate::audit) body: String,
    pub(in crate::audit) signature: Vec<u8>,
    pub(in crate::audit) made_at: OffsetDateTime,
}

impl Stored {
    /// The hash that it states, whoever signed it.
    pub(in crate::audit) fn stated_hash(&self) -> Option<Vec<u8>> {
        let body: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        hex::decode(body.get("hash")?.as_str()?).ok()
    }
}

/// When one was made is not signed: it comes as a time that can always be taken.
const SELECT: &str = "SELECT id, number, first_seq, last_seq, body, signature,
         least(greatest(made_at, '0001-01-01 00:00:00+00'), '9999-01-01 00:00:00+00') AS made_at
     FROM audit_checkpoints WHERE org_id = $1";

/// Stores one; false when somebody else has made the one with this number.
pub(super) async fn insert(
    tx: &mut TenantTx,
    id: Uuid,
    checkpoint: &Checkpoint,
) -> Result<bool, DbError> {
    let (org, statement) = (tx.org(), checkpoint.statement());
    let stored = sqlx::query(
        "INSERT INTO audit_checkpoints (org_id, id, number, first_seq, last_seq, body, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(org)
    .bind(id)
    .bind(statement.number)
    .bind(statement.first)
    .bind(statement.last)
    .bind(checkpoint.body())
    .bind(checkpoint.signature().as_slice())
    .execute(tx.connection())
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// The newest one.
pub(in crate::audit) async fn last(tx: &mut TenantTx) -> Result<Option<Stored>, DbError> {
    let org = tx.org();
    let statement = format!("{SELECT} ORDER BY number DESC LIMIT 1");
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(org);
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The one that ends at an entry.
pub(in crate::audit) async fn ending_at(
    tx: &mut TenantTx,
    seq: i64,
) -> Result<Option<Stored>, DbError> {
    let org = tx.org();
    let statement = format!("{SELECT} AND last_seq = $2");
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(org).bind(seq);
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The one with an id.
pub(in crate::audit) async fn by_id(
    tx: &mut TenantTx,
    id: Uuid,
) -> Result<Option<Stored>, DbError> {
    let org = tx.org();
    let statement = format!("{SELECT} AND id = $2");
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(org).bind(id);
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Those behind a number, in their order.
pub(in crate::audit) async fn following(
    tx: &mut TenantTx,
    number: i64,
    most: i64,
) -> Result<Vec<Stored>, DbError> {
    let org = tx.org();
    let statement = format!("{SELECT} AND number > $2 ORDER BY number LIMIT $3");
    let query = sqlx::query_as(AssertSqlSafe(statement))
        .bind(org)
        .bind(number)
        .bind(most);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Those before a number, the newest first.
pub(in crate::audit) async fn page(
    tx: &mut TenantTx,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<Stored>, DbError> {
    let org = tx.org();
    let statement =
        format!("{SELECT} AND ($2::bigint IS NULL OR number < $2) ORDER BY number DESC LIMIT $3");
    let query = sqlx::query_as(AssertSqlSafe(statement))
        .bind(org)
        .bind(before)
        .bind(most);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The hash of the chain at an entry.
pub(in crate::audit) async fn hash_at(
    tx: &mut TenantTx,
    seq: i64,
) -> Result<Option<Vec<u8>>, DbError> {
    let org = tx.org();
    let query = sqlx::query_scalar("SELECT hash FROM audit_links WHERE org_id = $1 AND seq = $2");
    Ok(query
        .bind(org)
        .bind(seq)
        .fetch_optional(tx.connection())
        .await?)
}

/// What follows in this transaction may take as long as it does: a checkpoint may cover millions of
/// entries, nobody waits for them to go, and they go together or not at all.
pub(super) async fn take_time(tx: &mut TenantTx) -> Result<(), DbError> {
    sqlx::query("SET LOCAL statement_timeout = '1h'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The last checkpoint of which every entry is older than a time, and which does not end beyond so
/// many entries behind the first that is there, unless it is the first.
pub(super) async fn prunable(
    tx: &mut TenantTx,
    before: OffsetDateTime,
    most: i64,
) -> Result<Option<Stored>, DbError> {
    let org = tx.org();
    let statement = format!(
        "{SELECT} AND made_at < $2
           AND last_seq >= (SELECT min(seq) FROM audit_links WHERE org_id = $1)
           AND last_seq < greatest(
               (SELECT min(seq) + $3 FROM audit_links WHERE org_id = $1),
               (SELECT min(c.last_seq) + 1 FROM audit_checkpoints c WHERE c.org_id = $1
                AND c.last_seq >= (SELECT min(seq) FROM audit_links WHERE org_id = $1)))
           AND last_seq < (SELECT max(seq) FROM audit_links WHERE org_id = $1)
           AND NOT EXISTS (
               SELECT FROM audit_links l
               JOIN audit_events e ON e.org_id = l.org_id AND e.id = l.event_id
               WHERE l.org_id = $1 AND l.seq <= last_seq AND e.at >= $2)
         ORDER BY number DESC LIMIT 1"
    );
    let query = sqlx::query_as(AssertSqlSafe(statement))
        .bind(org)
        .bind(before)
        .bind(most);
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Removes the entries up to one at which a checkpoint ends; how many there were.
pub(super) async fn prune(tx: &mut TenantTx, through: i64) -> Result<i64, DbError> {
    let query = sqlx::query_scalar("SELECT prune_audit($1)").bind(through);
    Ok(query.fetch_one(tx.connection()).await?)
}
