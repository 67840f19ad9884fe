//! Data keys as a rotation of the master key sees them: wrapped, and nothing else of a record. No
//! permit: nothing is opened that anybody could see.

use uuid::Uuid;

use super::seal::key_place;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::{KeyId, Place};

/// Where the data key of a record stands.
pub(crate) const fn key_places(org: OrgId, record: Uuid) -> Place<'static> {
    key_place(org, record)
}

/// The next records and their wrapped data keys, in the order of their ids. Whichever master key
/// has wrapped them: asked for one, PostgreSQL would expect few and read the whole table each time.
pub(crate) async fn wrapped_keys(
    tx: &mut TenantTx,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, Vec<u8>)>, DbError> {
    let org = tx.org();
    Ok(sqlx::query_as(
        "SELECT id, wrapped_key FROM data_keys
         WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(org)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.connection())
    .await?)
}

/// Lets this transaction wait for a row only so long that it never takes part in a deadlock that
/// PostgreSQL would resolve against a request.
pub(crate) async fn wait_briefly(tx: &mut TenantTx) -> Result<(), DbError> {
    sqlx::query("SET LOCAL lock_timeout = '250ms'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// How many data keys a master key has wrapped.
pub(crate) async fn wrapped_count(tx: &mut TenantTx, by: KeyId) -> Result<i64, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM data_keys
         WHERE org_id = $1 AND substring(wrapped_key FROM 2 FOR 8) = $2",
    )
    .bind(org)
    .bind(by.as_bytes().as_slice())
    .fetch_one(tx.connection())
    .await?)
}

/// Puts newly wrapped keys in place of exactly those that were read; how many. A record that went
/// meanwhile is none of them.
pub(crate) async fn rewrapped(
    tx: &mut TenantTx,
    ids: &[Uuid],
    before: &[Vec<u8>],
    after: &[Vec<u8>],
) -> Result<u64, DbError> {
    let org = tx.org();
    let updated = sqlx::query(
        "UPDATE data_keys AS k SET wrapped_key = n.after
         FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS n (id, before, after)
         WHERE k.org_id = $1 AND k.id = n.id AND k.wrapped_key = n.before",
    )
    .bind(org)
    .bind(ids)
    .bind(before)
    .bind(after)
    .execute(tx.connection())
    .await?;
    Ok(updated.rows_affected())
}
