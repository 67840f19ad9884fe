//! SQL of search.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::index::{Fresh, Horizon};
use super::query::Readable;
use crate::infra::db::{DbError, PlatformTx, TenantTx};
use crate::kernel::{OrgId, SecretId, UserId, VaultId};
use crate::vault::seal::Head;
use crate::vault::store::secrets as rows;
use crate::vault::types::SecretType;

/// A record that is in no trash, as it is stored.
pub(super) struct Found {
    pub(super) vault: VaultId,
    pub(super) kind: SecretType,
    pub(super) updated_at: OffsetDateTime,
    pub(super) head: Head,
}

/// What somebody may read.
pub(super) async fn readable(
    tx: &mut TenantTx,
    user: UserId,
    now: OffsetDateTime,
) -> Result<Readable, DbError> {
    let org = tx.org();
    let vaults: Vec<VaultId> = sqlx::query_scalar(
        "SELECT vault_id FROM vault_grants
         WHERE org_id = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > $3)",
    )
    .bind(org)
    .bind(user)
    .bind(now)
    .fetch_all(tx.connection())
    .await?;
    let records: Vec<SecretId> = sqlx::query_scalar(
        "SELECT secret_id FROM secret_grants
         WHERE org_id = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > $3)",
    )
    .bind(org)
    .bind(user)
    .bind(now)
    .fetch_all(tx.connection())
    .await?;
    Ok(Readable {
        vaults: vaults.into_iter().collect(),
        records: records.into_iter().collect(),
    })
}

/// What somebody keeps at hand.
pub(super) async fn favourites(tx: &mut TenantTx, user: UserId) -> Result<Vec<SecretId>, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT secret_id FROM secret_favourites WHERE org_id = $1 AND user_id = $2",
    )
    .bind(org)
    .bind(user)
    .fetch_all(tx.connection())
    .await?)
}

/// Below which number every transaction has ended, as this transaction sees it, and when that is.
pub(super) async fn fresh(tx: &mut TenantTx) -> Result<Fresh, DbError> {
    let (found, at): (String, OffsetDateTime) =
        sqlx::query_as("SELECT pg_snapshot_xmin(pg_current_snapshot())::text, now()")
            .fetch_one(tx.connection())
            .await?;
    let number = found.parse().map_err(|_| DbError::Impossible("xid8"))?;
    Ok(Fresh {
        horizon: Horizon(number),
        at,
    })
}

/// Begins to read all records. They come from one statement, some at a time: page by page each would be
/// planned by itself, and where the database does not know yet how many there are, such as after a large
/// import or a restored backup, it would look at all of them for each page.
pub(super) async fn begin_all(tx: &mut TenantTx) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "DECLARE everything NO SCROLL CURSOR FOR
         SELECT s.id, s.vault_id, s.type, s.version, s.sealed_meta, s.updated_at, s.trashed_at,
                k.wrapped_key
         FROM secrets s LEFT JOIN data_keys k USING (org_id, id)
         WHERE s.org_id = $1 AND s.trashed_at IS NULL",
    )
    .bind(org)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Some more of them, in no order; none when that was all.
pub(super) async fn some_more(tx: &mut TenantTx) -> Result<Rows, DbError> {
    let rows = sqlx::query("FETCH 250 FROM everything")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(found_of).collect()
}

/// Ends it. Where the transaction ends, so does this.
pub(super) async fn end_all(tx: &mut TenantTx) -> Result<(), DbError> {
    sqlx::query("CLOSE everything")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Where reading changes goes on: behind a transaction, and a record of it.
pub(super) type Behind = (Horizon, SecretId);
/// What was found of records; nothing of those that are gone, or in the trash.
pub(super) type Rows = Vec<(SecretId, Option<Found>)>;

/// Some of the records that were touched by a transaction at or above a number, in that order, and where the
/// next ones are. What another server has numbered, before a backup was restored, was there when the
/// index was made.
pub(super) async fn changed(
    tx: &mut TenantTx,
    since: Horizon,
    behind: Option<Behind>,
    limit: i64,
) -> Result<(Rows, Option<Behind>), DbError> {
    let org = tx.org();
    let (at, id) = behind.unwrap_or((since, SecretId::from_uuid(Uuid::nil())));
    let rows = sqlx::query(
        "SELECT s.id, s.vault_id, s.type, s.version, s.sealed_meta, s.updated_at, s.trashed_at,
                s.changed_in::text AS changed_in, k.wrapped_key
         FROM secrets s LEFT JOIN data_keys k USING (org_id, id)
         WHERE s.org_id = $1 AND (s.changed_in, s.id) > ($2::text::xid8, $4)
           AND s.changed_in < pg_snapshot_xmax(pg_current_snapshot())
         ORDER BY s.changed_in, s.id LIMIT $3",
    )
    .bind(org)
    .bind(at.0.to_string())
    .bind(limit)
    .bind(id)
    .fetch_all(tx.connection())
    .await?;
    let found = rows.iter().map(found_of).collect::<Result<Vec<_>, _>>()?;
    let behind = match (rows.last(), found.last()) {
        (Some(row), Some((id, _))) => {
            let number: String = row.try_get("changed_in")?;
            let number = number.parse().map_err(|_| DbError::Impossible("xid8"))?;
            Some((Horizon(number), *id))
        }
        _ => None,
    };
    Ok((found, behind))
}

/// The records that are gone since a number.
pub(super) async fn gone(tx: &mut TenantTx, since: Horizon) -> Result<Vec<SecretId>, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT id FROM secret_tombstones WHERE org_id = $1 AND changed_in >= $2::text::xid8",
    )
    .bind(org)
    .bind(since.0.to_string())
    .fetch_all(tx.connection())
    .await?)
}

/// Forgets which records are gone since before any index that is still brought up to date. By the clock of
/// the database, as those are.
pub(in crate::vault) async fn prune(tx: &mut TenantTx) -> Result<u64, DbError> {
    let org = tx.org();
    let pruned = sqlx::query(
        "DELETE FROM secret_tombstones WHERE org_id = $1 AND gone_at < now() - interval '24 hours'",
    )
    .bind(org)
    .execute(tx.connection())
    .await?;
    Ok(pruned.rows_affected())
}

/// Which of some organisations are there, and are not being erased.
pub(super) async fn alive(tx: &mut PlatformTx, orgs: &[OrgId]) -> Result<Vec<OrgId>, DbError> {
    let ids: Vec<Uuid> = orgs.iter().map(|org| org.as_uuid()).collect();
    Ok(sqlx::query_scalar(
        "SELECT id FROM organization_directory WHERE id = ANY ($1) AND erasing_since IS NULL",
    )
    .bind(ids)
    .fetch_all(tx.connection())
    .await?)
}

fn found_of(row: &PgRow) -> Result<(SecretId, Option<Found>), DbError> {
    let trashed: Option<OffsetDateTime> = row.try_get("trashed_at")?;
    let id: SecretId = row.try_get("id")?;
    if trashed.is_some() {
        return Ok((id, None));
    }
    let found = Found {
        vault: row.try_get("vault_id")?,
        kind: rows::kind_of(row)?,
        updated_at: row.try_get("updated_at")?,
        head: rows::head_of(row)?,
    };
    Ok((id, Some(found)))
}

/// What lists show of some records, as far as they are still there to be read.
pub(super) async fn listed(
    tx: &mut TenantTx,
    (user, readable): (UserId, &Readable),
    ids: &[Uuid],
) -> Result<Vec<rows::Listed>, DbError> {
    let mut listed = rows::of_ids(tx, ids, user).await?;
    // Moved meanwhile to where the reader has no role.
    listed.retain(|row| readable.reads(row.vault, row.id));
    Ok(listed)
}
