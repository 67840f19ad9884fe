//! SQL of secrets.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::authz::{Delete, Permit, Read, RecordPermit, Write};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, SecretId, UserId, VaultId};
use crate::vault::model::Person;
use crate::vault::seal::{Head, Sealed};
use crate::vault::types::SecretType;

/// What a list needs of a secret, as it is stored.
#[derive(Clone, Debug)]
pub(in crate::vault) struct Listed {
    pub(in crate::vault) id: SecretId,
    pub(in crate::vault) vault: VaultId,
    pub(in crate::vault) kind: SecretType,
    pub(in crate::vault) head: Head,
    pub(in crate::vault) favourite: bool,
    pub(in crate::vault) created_at: OffsetDateTime,
    pub(in crate::vault) updated_at: OffsetDateTime,
    pub(in crate::vault) updated_by: Option<Person>,
    pub(in crate::vault) trashed_at: Option<OffsetDateTime>,
}

/// Which secrets of a vault are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::vault) struct Filter {
    pub(in crate::vault) kind: Option<SecretType>,
    pub(in crate::vault) favourite: Option<bool>,
    /// Those in the trash, or the others.
    pub(in crate::vault) trashed: bool,
}

/// A statement that reads what a list needs, the newest first; `$1` is the organisation, `$3` the reader, `$2`
/// what the rest asks for. Each name is looked up once and not for each row, whatever the planner makes of a page: what
/// policy lets see it is dear.
macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "WITH found AS (
                 SELECT s.id, s.vault_id, s.type, s.version, k.wrapped_key, s.sealed_meta, s.created_at,
                        s.updated_at, s.updated_by, s.trashed_at, f.secret_id IS NOT NULL AS favourite
                 FROM secrets s
                 LEFT JOIN data_keys k USING (org_id, id)
                 LEFT JOIN secret_favourites f
                     ON f.org_id = $1 AND f.user_id = $3 AND f.secret_id = s.id
                 WHERE s.org_id = $1 ",
            $rest,
            "),
             people AS MATERIALIZED (
                 SELECT id, name FROM users
                 WHERE id = ANY (ARRAY(SELECT DISTINCT updated_by FROM found)))
             SELECT found.*, people.name AS updated_by_name
             FROM found LEFT JOIN people ON people.id = found.updated_by
             ORDER BY found.id DESC"
        )
    };
}

/// Those that follow one, the newest first.
pub(in crate::vault) async fn following(
    tx: &mut TenantTx,
    permit: Permit<Read>,
    filter: Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let all = listed!(
        "AND s.vault_id = $2 AND s.trashed_at IS NULL AND s.id < $4
         AND ($5::text IS NULL OR s.type = $5)
         AND ($6::boolean IS NULL OR $6 = (f.secret_id IS NOT NULL))
         ORDER BY s.id DESC LIMIT $7"
    );
    let trashed = listed!(
        "AND s.vault_id = $2 AND s.trashed_at IS NOT NULL AND s.id < $4
         AND ($5::text IS NULL OR s.type = $5) AND ($6::boolean IS NULL OR $6)
         ORDER BY s.id DESC LIMIT $7"
    );
    let rows = sqlx::query(if filter.trashed { trashed } else { all })
        .bind(permit.org())
        .bind(permit.vault())
        .bind(permit.user())
        // One condition, so that every plan begins in the index where the page does.
        .bind(after.map_or(Uuid::max(), |cursor| cursor.0))
        .bind(filter.kind.map(SecretType::as_str))
        .bind(filter.favourite)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(listed_of).collect()
}

/// One of them, if it is not in the trash.
pub(in crate::vault) async fn listed(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
) -> Result<Option<Listed>, DbError> {
    let statement = listed!("AND s.vault_id = $2 AND s.id = $4 AND s.trashed_at IS NULL");
    one(tx, permit, statement).await
}

/// One of them, in the trash, too.
pub(in crate::vault) async fn kept(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
) -> Result<Option<Listed>, DbError> {
    one(tx, permit, listed!("AND s.vault_id = $2 AND s.id = $4")).await
}

/// Some of them, wherever they are but in the trash. No permit: whoever asks judges by itself what may be read.
pub(in crate::vault) async fn of_ids(
    tx: &mut TenantTx,
    ids: &[Uuid],
    reader: UserId,
) -> Result<Vec<Listed>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(listed!("AND s.id = ANY ($2) AND s.trashed_at IS NULL"))
        .bind(org)
        .bind(ids)
        .bind(reader)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(listed_of).collect()
}

async fn one(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
    statement: &'static str,
) -> Result<Option<Listed>, DbError> {
    let row = sqlx::query(statement)
        .bind(permit.org())
        .bind(permit.vault())
        .bind(permit.user())
        .bind(permit.secret())
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(listed_of).transpose()
}

pub(in crate::vault) fn listed_of(row: &PgRow) -> Result<Listed, DbError> {
    Ok(Listed {
        id: row.try_get("id")?,
        vault: row.try_get("vault_id")?,
        kind: kind_of(row)?,
        head: head_of(row)?,
        favourite: row.try_get("favourite")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        updated_by: person(row, "updated_by", "updated_by_name")?,
        trashed_at: row.try_get("trashed_at")?,
    })
}

/// Whoever is named in two columns; none when their account is gone.
pub(in crate::vault) fn person(
    row: &PgRow,
    id: &str,
    name: &str,
) -> Result<Option<Person>, DbError> {
    let id: UserId = row.try_get(id)?;
    let name: Option<String> = row.try_get(name)?;
    Ok(name.map(|name| Person { id, name }))
}

pub(in crate::vault) fn kind_of(row: &PgRow) -> Result<SecretType, DbError> {
    let kind: &str = row.try_get("type")?;
    SecretType::from_word(kind).ok_or(DbError::Impossible("secrets.type"))
}

pub(in crate::vault) fn head_of(row: &PgRow) -> Result<Head, DbError> {
    // A data key that is gone is none that opens anything.
    let key: Option<Vec<u8>> = row.try_get("wrapped_key")?;
    Ok(Head {
        version: row.try_get("version")?,
        wrapped_key: key.unwrap_or_default(),
        meta: row.try_get("sealed_meta")?,
    })
}

/// The sealed parts of a row.
pub(in crate::vault) fn sealed_of(row: &PgRow) -> Result<Sealed, DbError> {
    Ok(Sealed {
        head: head_of(row)?,
        value: row.try_get("sealed_value")?,
    })
}

/// What is sealed of a secret that is not in the trash, and its type as the database has it.
pub(in crate::vault) async fn sealed(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
) -> Result<Option<(SecretType, Sealed)>, DbError> {
    let row = sqlx::query(
        "SELECT s.type, s.version, k.wrapped_key, s.sealed_meta, s.sealed_value
         FROM secrets s LEFT JOIN data_keys k USING (org_id, id)
         WHERE s.org_id = $1 AND s.vault_id = $2 AND s.id = $3 AND s.trashed_at IS NULL",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(kept_of).transpose()
}

/// The type and the sealed parts of a row.
pub(super) fn kept_of(row: &PgRow) -> Result<(SecretType, Sealed), DbError> {
    Ok((kind_of(row)?, sealed_of(row)?))
}

/// What lists need of a secret, wherever it is: in the trash, too.
pub(in crate::vault) async fn head<G>(
    tx: &mut TenantTx,
    permit: RecordPermit<G>,
) -> Result<Option<Head>, DbError> {
    let row = sqlx::query(
        "SELECT version, wrapped_key, sealed_meta
         FROM secrets LEFT JOIN data_keys USING (org_id, id)
         WHERE org_id = $1 AND vault_id = $2 AND id = $3",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(head_of).transpose()
}

/// A record to be stored.
pub(in crate::vault) struct New {
    pub(in crate::vault) id: SecretId,
    pub(in crate::vault) kind: SecretType,
    pub(in crate::vault) sealed: Sealed,
    pub(in crate::vault) changed: Vec<String>,
}

pub(in crate::vault) async fn insert(
    tx: &mut TenantTx,
    permit: Permit<Write>,
    new: &New,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query(
        "WITH record AS (
             INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta, sealed_value,
                 changed, created_at, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $7, $8, $9, $10, $10, $11))
         INSERT INTO data_keys (org_id, id, wrapped_key) VALUES ($1, $2, $6)",
    )
    .bind(permit.org())
    .bind(new.id)
    .bind(permit.vault())
    .bind(new.kind.as_str())
    .bind(new.sealed.head.version)
    .bind(&new.sealed.head.wrapped_key)
    .bind(&new.sealed.head.meta)
    .bind(&new.sealed.value)
    .bind(&new.changed)
    .bind(now)
    .bind(permit.user())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Puts the next version in place of exactly the one before, which is kept beside; false when that is
/// gone. The data key is the record's own and stays, and so does what wraps it: a rotation may be
/// wrapping it anew.
pub(in crate::vault) async fn update(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
    (sealed, changed): (&Sealed, &[String]),
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let updated = sqlx::query(
        "WITH before AS (
             SELECT org_id, id, version, sealed_meta, sealed_value, changed, updated_at, updated_by
             FROM secrets
             WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND version = $4 - 1
               AND trashed_at IS NULL
             FOR UPDATE),
         kept AS (
             INSERT INTO secret_versions (org_id, secret_id, version, sealed_meta, sealed_value,
                 changed, made_at, made_by)
             SELECT * FROM before)
         UPDATE secrets AS s SET version = $4, sealed_meta = $5, sealed_value = $6, changed = $7,
             updated_at = $8, updated_by = $9
         FROM before WHERE s.org_id = before.org_id AND s.id = before.id",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .bind(sealed.head.version)
    .bind(&sealed.head.meta)
    .bind(&sealed.value)
    .bind(changed)
    .bind(now)
    .bind(permit.user())
    .execute(tx.connection())
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Moves a secret to another vault; the version it is at, or none when it is not there.
pub(in crate::vault) async fn shift(
    tx: &mut TenantTx,
    from: RecordPermit<Delete>,
    to: Permit<Write>,
) -> Result<Option<i32>, DbError> {
    Ok(sqlx::query_scalar(
        "UPDATE secrets SET vault_id = $4
         WHERE org_id = $1 AND vault_id = $2 AND id = $3 AND trashed_at IS NULL
         RETURNING version",
    )
    .bind(from.org())
    .bind(from.vault())
    .bind(from.secret())
    .bind(to.vault())
    .fetch_optional(tx.connection())
    .await?)
}

/// Secrets that chance picks, as they are sealed, of those that are not being deleted. No permit: nothing of
/// them leaves the self-test.
pub(in crate::vault) async fn some(
    tx: &mut TenantTx,
    most: i64,
) -> Result<Vec<(SecretId, Sealed)>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT id, version, wrapped_key, sealed_meta, sealed_value
         FROM secrets LEFT JOIN data_keys USING (org_id, id)
         WHERE org_id = $1 AND id IN (
             SELECT s.id FROM secrets s
             JOIN vaults v ON v.org_id = s.org_id AND v.id = s.vault_id AND v.going_since IS NULL
             WHERE s.org_id = $1 ORDER BY random() LIMIT $2)",
    )
    .bind(org)
    .bind(most)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("id")?, sealed_of(row)?)))
        .collect()
}
