//! SQL of versions: the newest stands with the record, those before it beside.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::secrets::{person, sealed_of};
use crate::authz::{Read, RecordPermit};
use crate::infra::db::{DbError, TenantTx};
use crate::vault::model::Person;
use crate::vault::seal::Sealed;

/// A version as it is stored.
#[derive(Clone, Debug)]
pub(in crate::vault) struct StoredVersion {
    pub(in crate::vault) sealed: Sealed,
    pub(in crate::vault) changed: Vec<String>,
    pub(in crate::vault) made_at: OffsetDateTime,
    pub(in crate::vault) made_by: Option<Person>,
}

/// All versions of a secret that is not in the trash, as one relation; `$1` is the organisation, `$2`
/// the vault, `$3` the secret.
macro_rules! versions {
    ($rest:literal) => {
        concat!(
            "WITH record AS (
                 SELECT s.*, k.wrapped_key FROM secrets s LEFT JOIN data_keys k USING (org_id, id)
                 WHERE s.org_id = $1 AND s.vault_id = $2 AND s.id = $3 AND s.trashed_at IS NULL),
             version AS (
                 SELECT wrapped_key, version, sealed_meta, sealed_value, changed,
                        updated_at AS made_at, updated_by AS made_by
                 FROM record
                 UNION ALL
                 SELECT r.wrapped_key, v.version, v.sealed_meta, v.sealed_value, v.changed, v.made_at,
                        v.made_by
                 FROM record r JOIN secret_versions v ON v.org_id = $1 AND v.secret_id = r.id)
             SELECT version.*, u.name AS made_by_name
             FROM version LEFT JOIN users u ON u.id = version.made_by ",
            $rest
        )
    };
}

/// The newest first, from below a number.
pub(in crate::vault) async fn below(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredVersion>, DbError> {
    let rows = sqlx::query(versions!(
        "WHERE $4::integer IS NULL OR version < $4 ORDER BY version DESC LIMIT $5"
    ))
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.secret())
    .bind(before)
    .bind(limit)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(version_of).collect()
}

/// One of them.
pub(in crate::vault) async fn one(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
    version: i32,
) -> Result<Option<StoredVersion>, DbError> {
    let row = sqlx::query(versions!("WHERE version = $4"))
        .bind(permit.org())
        .bind(permit.vault())
        .bind(permit.secret())
        .bind(version)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(version_of).transpose()
}

fn version_of(row: &PgRow) -> Result<StoredVersion, DbError> {
    Ok(StoredVersion {
        sealed: sealed_of(row)?,
        changed: row.try_get("changed")?,
        made_at: row.try_get("made_at")?,
        made_by: person(row, "made_by", "made_by_name")?,
    })
}
