//! SQL of idempotency keys.

use sqlx::Row as _;
use time::OffsetDateTime;

use super::Made;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::UserId;

/// A request under a key, as digests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed {
    pub(super) user: UserId,
    pub(super) key: [u8; 32],
    pub(super) request: [u8; 32],
}

/// What was asked under a key since some time, and what came of it.
pub(super) async fn find(
    tx: &mut TenantTx,
    keyed: &Keyed,
    since: OffsetDateTime,
) -> Result<Option<(Vec<u8>, Made)>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT request, result_id, answer FROM idempotency_keys
         WHERE org_id = $1 AND user_id = $2 AND key = $3 AND made_at >= $4",
    )
    .bind(org)
    .bind(keyed.user)
    .bind(keyed.key.as_slice())
    .bind(since)
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        let made = Made {
            id: row.try_get("result_id")?,
            answer: row.try_get("answer")?,
        };
        Ok((row.try_get("request")?, made))
    })
    .transpose()
}

/// Keeps what comes of a request; false when another was quicker, once it is known. What is older than
/// some time counts for nothing, and is forgotten bit by bit.
pub(super) async fn keep(
    tx: &mut TenantTx,
    keyed: &Keyed,
    made: &Made,
    (now, since): (OffsetDateTime, OffsetDateTime),
) -> Result<bool, DbError> {
    forget(tx, since).await?;
    let org = tx.org();
    let kept = sqlx::query(
        "INSERT INTO idempotency_keys AS k (org_id, user_id, key, request, result_id, answer,
             made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (org_id, user_id, key) DO UPDATE
             SET request = excluded.request, result_id = excluded.result_id,
                 answer = excluded.answer, made_at = excluded.made_at
             WHERE k.made_at < $8",
    )
    .bind(org)
    .bind(keyed.user)
    .bind(keyed.key.as_slice())
    .bind(keyed.request.as_slice())
    .bind(made.id)
    .bind(&made.answer)
    .bind(now)
    .bind(since)
    .execute(tx.connection())
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// Forgets some of what is older than some time. Whoever forgets at the same time forgets others.
async fn forget(tx: &mut TenantTx, since: OffsetDateTime) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "DELETE FROM idempotency_keys WHERE (org_id, user_id, key) IN (
             SELECT org_id, user_id, key FROM idempotency_keys
             WHERE org_id = $1 AND made_at < $2 ORDER BY made_at LIMIT 20 FOR UPDATE SKIP LOCKED)",
    )
    .bind(org)
    .bind(since)
    .execute(tx.connection())
    .await?;
    Ok(())
}
