//! SQL of what is left of vaults that are going. No permit: nobody has a way to it any more.

use crate::infra::db::{DbError, TenantTx};

/// What is left, in the order in which it goes.
#[derive(Clone, Copy, Debug)]
pub(in crate::vault) enum Rest {
    /// Files, each of which may be of thousands of pieces.
    Files,
    /// Records, with their versions and keys.
    Records,
    /// Those of them that were in the trash: other indexes find them.
    Trash,
    /// Vaults in which nothing is left.
    Vaults,
}

impl Rest {
    pub(in crate::vault) const ALL: [Self; 4] =
        [Self::Files, Self::Records, Self::Trash, Self::Vaults];

    /// So many go in one transaction.
    const fn most(self) -> i64 {
        match self {
            Self::Files => 5,
            Self::Records | Self::Trash | Self::Vaults => 500,
        }
    }

    const fn deletion(self) -> &'static str {
        match self {
            Self::Files => {
                "DELETE FROM attachments WHERE org_id = $1 AND id IN (
                     SELECT a.id FROM attachments a
                     JOIN secrets s ON s.org_id = a.org_id AND s.id = a.secret_id
                     JOIN vaults v ON v.org_id = s.org_id AND v.id = s.vault_id
                     WHERE a.org_id = $1 AND v.going_since IS NOT NULL
                     LIMIT $2 FOR UPDATE OF a SKIP LOCKED)"
            }
            Self::Records => {
                "DELETE FROM secrets WHERE org_id = $1 AND id IN (
                     SELECT s.id FROM vaults v
                     JOIN secrets s ON s.org_id = v.org_id AND s.vault_id = v.id
                     WHERE v.org_id = $1 AND v.going_since IS NOT NULL AND s.trashed_at IS NULL
                     LIMIT $2 FOR UPDATE OF s SKIP LOCKED)"
            }
            Self::Trash => {
                "DELETE FROM secrets WHERE org_id = $1 AND id IN (
                     SELECT s.id FROM vaults v
                     JOIN secrets s ON s.org_id = v.org_id AND s.vault_id = v.id
                     WHERE v.org_id = $1 AND v.going_since IS NOT NULL AND s.trashed_at IS NOT NULL
                     LIMIT $2 FOR UPDATE OF s SKIP LOCKED)"
            }
            Self::Vaults => {
                "DELETE FROM vaults WHERE org_id = $1 AND id IN (
                     SELECT v.id FROM vaults v
                     WHERE v.org_id = $1 AND v.going_since IS NOT NULL AND NOT EXISTS (
                         SELECT FROM secrets s WHERE s.org_id = v.org_id AND s.vault_id = v.id)
                     LIMIT $2 FOR UPDATE SKIP LOCKED)"
            }
        }
    }
}

/// Whether a vault of the organisation is going.
pub(in crate::vault) async fn any(tx: &mut TenantTx) -> Result<bool, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM vaults WHERE org_id = $1 AND going_since IS NOT NULL)",
    )
    .bind(org)
    .fetch_one(tx.connection())
    .await?)
}

/// Deletes some of what is left; how many.
pub(in crate::vault) async fn some(tx: &mut TenantTx, rest: Rest) -> Result<u64, DbError> {
    let org = tx.org();
    let gone = sqlx::query(rest.deletion())
        .bind(org)
        .bind(rest.most())
        .execute(tx.connection())
        .await?;
    Ok(gone.rows_affected())
}
