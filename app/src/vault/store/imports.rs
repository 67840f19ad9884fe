//! SQL of imports: many records with few statements.

use time::OffsetDateTime;

use super::secrets::New;
use crate::authz::{Permit, Write};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::SecretId;

/// So many records go in with one statement.
pub(in crate::vault) const AT_ONCE: usize = 500;

/// Stores records, all of them at their first version.
pub(in crate::vault) async fn insert(
    tx: &mut TenantTx,
    permit: Permit<Write>,
    new: &[New],
    now: OffsetDateTime,
) -> Result<(), DbError> {
    fn all<'a, T>(new: &'a [New], part: impl Fn(&'a New) -> T) -> Vec<T> {
        new.iter().map(part).collect()
    }
    sqlx::query(
        "WITH given AS (
             SELECT * FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[])
                 AS given (id, type, wrapped_key, sealed_meta, sealed_value)),
         records AS (
             INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta, sealed_value,
                 changed, created_at, updated_at, updated_by)
             SELECT $1, id, $2, type, 1, sealed_meta, sealed_value, '{}', $8, $8, $9 FROM given)
         INSERT INTO data_keys (org_id, id, wrapped_key) SELECT $1, id, wrapped_key FROM given",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(all(new, |new| new.id.as_uuid()))
    .bind(all(new, |new| new.kind.as_str()))
    .bind(all(new, |new| new.sealed.head.wrapped_key.as_slice()))
    .bind(all(new, |new| new.sealed.head.meta.as_slice()))
    .bind(all(new, |new| new.sealed.value.as_slice()))
    .bind(now)
    .bind(permit.user())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes which of them whoever imports keeps at hand.
pub(in crate::vault) async fn prefer(
    tx: &mut TenantTx,
    permit: Permit<Write>,
    secrets: &[SecretId],
) -> Result<(), DbError> {
    let ids: Vec<_> = secrets.iter().map(|id| id.as_uuid()).collect();
    sqlx::query(
        "INSERT INTO secret_favourites (org_id, user_id, secret_id)
         SELECT $1, $2, id FROM unnest($3::uuid[]) AS given (id)",
    )
    .bind(permit.org())
    .bind(permit.user())
    .bind(ids)
    .execute(tx.connection())
    .await?;
    Ok(())
}
