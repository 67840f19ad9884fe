//! SQL of whole records, for what opens many of them.

use sqlx::Row as _;
use uuid::Uuid;

use super::secrets::sealed_of;
use crate::authz::{Permit, Read};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, SecretId};
use crate::vault::seal::Sealed;
use crate::vault::types::SecretType;

/// Which part of the records of a vault.
#[derive(Clone, Copy, Debug)]
pub(in crate::vault) struct Part {
    /// Those of one type.
    pub(in crate::vault) kind: Option<SecretType>,
    pub(in crate::vault) after: Option<Cursor>,
    pub(in crate::vault) limit: i64,
}

/// A record as it is sealed.
#[derive(Debug)]
pub(in crate::vault) struct Whole {
    pub(in crate::vault) id: SecretId,
    pub(in crate::vault) sealed: Sealed,
    pub(in crate::vault) favourite: bool,
}

/// Records that are not in the trash, the newest first.
pub(in crate::vault) async fn following(
    tx: &mut TenantTx,
    permit: Permit<Read>,
    part: Part,
) -> Result<Vec<Whole>, DbError> {
    let rows = sqlx::query(
        "SELECT s.id, s.version, k.wrapped_key, s.sealed_meta, s.sealed_value,
                EXISTS (SELECT FROM secret_favourites f
                        WHERE f.org_id = $1 AND f.user_id = $3 AND f.secret_id = s.id) AS favourite
         FROM secrets s LEFT JOIN data_keys k USING (org_id, id)
         WHERE s.org_id = $1 AND s.vault_id = $2 AND s.trashed_at IS NULL
           AND s.id < $4 AND ($5::text IS NULL OR s.type = $5)
         ORDER BY s.id DESC LIMIT $6",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(permit.user())
    // One condition, so that every plan begins in the index where the part does.
    .bind(part.after.map_or(Uuid::max(), |cursor| cursor.0))
    .bind(part.kind.map(SecretType::as_str))
    .bind(part.limit)
    .fetch_all(tx.connection())
    .await?;
    let whole = |row| {
        Ok(Whole {
            sealed: sealed_of(row)?,
            id: row.try_get("id")?,
            favourite: row.try_get("favourite")?,
        })
    };
    rows.iter().map(whole).collect()
}
