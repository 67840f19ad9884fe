//! SQL of the chain.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::audit::store::{COLUMNS, Stored};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::AuditEventId;
use crate::keys::KeyId;

use super::link::Hash;

/// A link as it is made.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) seq: i64,
    pub(super) event: AuditEventId,
    pub(super) hash: Hash,
    pub(super) key: KeyId,
    pub(super) mac: [u8; 32],
}

/// An entry in its place.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::audit) struct Chained {
    pub(in crate::audit) seq: i64,
    pub(in crate::audit) hash: Vec<u8>,
    pub(in crate::audit) link_key_id: Vec<u8>,
    pub(in crate::audit) link_mac: Vec<u8>,
    #[sqlx(flatten)]
    pub(in crate::audit) entry: Stored,
}

/// Whether an entry waits for its place, behind an id.
pub(super) async fn anything_waits(
    tx: &mut TenantTx,
    after: Option<AuditEventId>,
) -> Result<bool, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM audit_pending WHERE org_id = $1 AND event_id > $2)",
    )
    .bind(org)
    .bind(behind(after))
    .fetch_one(tx.connection())
    .await?)
}

/// An id that is below every other one, where nothing is left out.
fn behind(after: Option<AuditEventId>) -> Uuid {
    after.map_or(Uuid::nil(), AuditEventId::as_uuid)
}

/// How many entries wait for their places.
pub(in crate::audit) async fn waiting_count(tx: &mut TenantTx) -> Result<i64, DbError> {
    let org = tx.org();
    Ok(
        sqlx::query_scalar("SELECT count(*) FROM audit_pending WHERE org_id = $1")
            .bind(org)
            .fetch_one(tx.connection())
            .await?,
    )
}

/// The number and the hash of the last link. Whoever asks is the only one until the transaction ends.
pub(super) async fn lock_head(tx: &mut TenantTx) -> Result<(i64, Option<Vec<u8>>), DbError> {
    let org = tx.org();
    sqlx::query("INSERT INTO audit_heads (org_id, last_seq) VALUES ($1, 0) ON CONFLICT DO NOTHING")
        .bind(org)
        .execute(tx.connection())
        .await?;
    let last: i64 =
        sqlx::query_scalar("SELECT last_seq FROM audit_heads WHERE org_id = $1 FOR UPDATE")
            .bind(org)
            .fetch_one(tx.connection())
            .await?;
    let hash = sqlx::query_scalar("SELECT hash FROM audit_links WHERE org_id = $1 AND seq = $2")
        .bind(org)
        .bind(last)
        .fetch_optional(tx.connection())
        .await?;
    Ok((last, hash))
}

/// Entries that wait, behind an id and in the order of their ids, which is that of their times.
pub(super) async fn waiting(
    tx: &mut TenantTx,
    after: Option<AuditEventId>,
    limit: i64,
) -> Result<Vec<Stored>, DbError> {
    let org = tx.org();
    let statement = format!(
        "SELECT {COLUMNS}
         FROM audit_pending p JOIN audit_events e ON e.org_id = p.org_id AND e.id = p.event_id
         WHERE p.org_id = $1 AND p.event_id > $2 ORDER BY p.event_id LIMIT $3"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(org)
        .bind(behind(after))
        .bind(limit)
        .fetch_all(tx.connection())
        .await?)
}

/// Adds links behind the last, and moves the head to the last of them.
pub(super) async fn append(tx: &mut TenantTx, links: &[Link]) -> Result<(), DbError> {
    let org = tx.org();
    let seqs: Vec<i64> = links.iter().map(|link| link.seq).collect();
    let events: Vec<AuditEventId> = links.iter().map(|link| link.event).collect();
    let keys: Vec<&[u8]> = links
        .iter()
        .map(|link| link.key.as_bytes().as_slice())
        .collect();
    let codes: Vec<&[u8]> = links.iter().map(|link| link.mac.as_slice()).collect();
    let hashes: Vec<&[u8]> = links.iter().map(|link| link.hash.as_slice()).collect();
    sqlx::query(
        "WITH link AS (
             INSERT INTO audit_links (org_id, seq, event_id, hash, key_id, mac)
             SELECT $1, * FROM unnest(
                 $2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[])),
         head AS (
             UPDATE audit_heads SET last_seq = (SELECT max(seq) FROM unnest($2::bigint[]) AS seq)
             WHERE org_id = $1)
         DELETE FROM audit_pending WHERE org_id = $1 AND event_id = ANY ($3)",
    )
    .bind(org)
    .bind(&seqs)
    .bind(&events)
    .bind(&hashes)
    .bind(&keys)
    .bind(&codes)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether there is an organisation whose chain this would be.
pub(in crate::audit) async fn has_organization(tx: &mut TenantTx) -> Result<bool, DbError> {
    let org = tx.org();
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM organizations WHERE org_id = $1)")
            .bind(org)
            .fetch_one(tx.connection())
            .await?,
    )
}

/// Where a chain begins and ends, as of one instant.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(in crate::audit) struct Ends {
    /// The number that was given last.
    pub(in crate::audit) given: i64,
    /// The highest number that is there.
    pub(in crate::audit) last: i64,
    /// The lowest number that is there; 1 where nothing is.
    pub(in crate::audit) first: i64,
}

/// Where the chain begins and ends.
pub(in crate::audit) async fn ends(tx: &mut TenantTx) -> Result<Ends, DbError> {
    let org = tx.org();
    Ok(sqlx::query_as(
        "SELECT coalesce((SELECT last_seq FROM audit_heads WHERE org_id = $1), 0) AS given,
                coalesce((SELECT max(seq) FROM audit_links WHERE org_id = $1), 0) AS last,
                coalesce((SELECT min(seq) FROM audit_links WHERE org_id = $1), 1) AS first",
    )
    .bind(org)
    .fetch_one(tx.connection())
    .await?)
}

/// The entries that follow a number, oldest first. A link whose entry is gone is none.
pub(in crate::audit) async fn following(
    tx: &mut TenantTx,
    after: i64,
    limit: i64,
) -> Result<Vec<Chained>, DbError> {
    let org = tx.org();
    let statement = format!(
        "SELECT l.seq, l.hash, l.key_id AS link_key_id, l.mac AS link_mac, {COLUMNS}
         FROM audit_links l JOIN audit_events e ON e.org_id = l.org_id AND e.id = l.event_id
         WHERE l.org_id = $1 AND l.seq > $2 ORDER BY l.seq LIMIT $3"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(org)
        .bind(after)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?)
}

/// Entries without a link, behind an id, and whether each waits for one.
pub(in crate::audit) async fn unchained(
    tx: &mut TenantTx,
    after: Option<AuditEventId>,
    limit: i64,
) -> Result<Vec<(Stored, bool)>, DbError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        waits: bool,
        #[sqlx(flatten)]
        entry: Stored,
    }
    let org = tx.org();
    let statement = format!(
        "SELECT {COLUMNS},
                EXISTS (SELECT FROM audit_pending p
                        WHERE p.org_id = e.org_id AND p.event_id = e.id) AS waits
         FROM audit_events e
         WHERE e.org_id = $1 AND ($2::uuid IS NULL OR e.id > $2)
           AND NOT EXISTS (SELECT FROM audit_links l
                           WHERE l.org_id = e.org_id AND l.event_id = e.id)
         ORDER BY e.id LIMIT $3"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(org)
        .bind(after)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?;
    Ok(rows.into_iter().map(|row| (row.entry, row.waits)).collect())
}
