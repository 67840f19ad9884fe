//! SQL of records that somebody has on their own.

use sqlx::Row as _;
use time::OffsetDateTime;

use crate::edge::ListQuery;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{UserId, VaultRole};
use crate::vault::store::roles::role_of;
use crate::vault::store::secrets::{Listed, listed_of};

/// One of them.
pub(in super::super) struct Row {
    pub(in super::super) listed: Listed,
    pub(in super::super) role: VaultRole,
    pub(in super::super) ends: Option<OffsetDateTime>,
}

/// Those that somebody has by a role in the record, where they have none in its vault; the newest first.
pub(in super::super) async fn shared(
    tx: &mut TenantTx,
    (user, at): (UserId, OffsetDateTime),
    query: ListQuery,
) -> Result<Vec<Row>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "WITH mine AS (
             SELECT secret_id, max(role)::text AS role,
                    nullif(max(coalesce(expires_at, 'infinity')), 'infinity') AS ends
             FROM secret_grants
             WHERE org_id = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > $3)
             GROUP BY secret_id)
         SELECT s.id, s.vault_id, s.type, s.version, k.wrapped_key, s.sealed_meta, s.created_at,
                s.updated_at, s.updated_by, u.name AS updated_by_name, s.trashed_at,
                EXISTS (SELECT FROM secret_favourites f
                        WHERE f.org_id = $1 AND f.user_id = $2 AND f.secret_id = s.id) AS favourite,
                mine.role, mine.ends
         FROM mine
         JOIN secrets s ON s.org_id = $1 AND s.id = mine.secret_id
         LEFT JOIN data_keys k ON k.org_id = s.org_id AND k.id = s.id
         LEFT JOIN users u ON u.id = s.updated_by
         WHERE s.trashed_at IS NULL AND ($4::uuid IS NULL OR s.id < $4) AND NOT EXISTS (
             SELECT FROM vault_grants g
             WHERE g.org_id = $1 AND g.vault_id = s.vault_id AND g.user_id = $2
               AND (g.expires_at IS NULL OR g.expires_at > $3))
         ORDER BY s.id DESC LIMIT $5",
    )
    .bind(org)
    .bind(user)
    .bind(at)
    .bind(query.cursor.map(|cursor| cursor.0))
    .bind(query.limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Row {
                listed: listed_of(row)?,
                role: role_of(row.try_get("role")?)?,
                ends: row.try_get("ends")?,
            })
        })
        .collect()
}
