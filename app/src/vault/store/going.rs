//! SQL of what is left of vaults that are going, and of records that were deleted by themselves, each of
//! which stands in such a vault. No permit: nobody has a way to it any more.

use crate::infra::db::{DbError, TenantTx};

/// The records of such vaults; those in the trash, where nearly all are that were deleted by themselves, are
/// found by another index. `$1` is the organisation.
macro_rules! going_records {
    () => {
        "(SELECT s.id FROM vaults v
          JOIN secrets s ON s.org_id = v.org_id AND s.vault_id = v.id AND s.trashed_at IS NULL
          WHERE v.org_id = $1 AND v.going_since IS NOT NULL
          UNION ALL
          SELECT s.id FROM vaults v
          JOIN secrets s ON s.org_id = v.org_id AND s.vault_id = v.id AND s.trashed_at IS NOT NULL
          WHERE v.org_id = $1 AND v.going_since IS NOT NULL) AS gone"
    };
}

/// Deletes records of such vaults of which nothing else is left. `$1` is the organisation, `$2` how many.
macro_rules! bare_records {
    ($which:literal) => {
        concat!(
            "DELETE FROM secrets WHERE org_id = $1 AND id IN (
                 SELECT s.id FROM vaults v
                 JOIN secrets s ON s.org_id = v.org_id AND s.vault_id = v.id
                 WHERE v.org_id = $1 AND v.going_since IS NOT NULL AND ",
            $which,
            " AND NOT EXISTS (
                     SELECT FROM attachments a WHERE a.org_id = s.org_id AND a.secret_id = s.id)
                 AND NOT EXISTS (
                     SELECT FROM secret_versions e
                     WHERE e.org_id = s.org_id AND e.secret_id = s.id)
                 LIMIT $2 FOR UPDATE OF s SKIP LOCKED)"
        )
    };
}

/// What is left, in the order in which it goes.
#[derive(Clone, Copy, Debug)]
pub(in crate::vault) enum Rest {
    /// Files, each of which may be of thousands of pieces.
    Files,
    /// What records were before, each of which may be more than a MiB.
    Versions,
    /// Records, with their keys.
    Records,
    /// Those of them that were in the trash: other indexes find them.
    Trash,
    /// Vaults in which nothing is left.
    Vaults,
}

impl Rest {
    pub(in crate::vault) const ALL: [Self; 5] = [
        Self::Files,
        Self::Versions,
        Self::Records,
        Self::Trash,
        Self::Vaults,
    ];

    /// So many go in one transaction.
    const fn most(self) -> i64 {
        match self {
            Self::Files => 5,
            Self::Versions | Self::Records | Self::Trash => 100,
            Self::Vaults => 500,
        }
    }

    const fn deletion(self) -> &'static str {
        match self {
            Self::Files => concat!(
                "DELETE FROM attachments WHERE org_id = $1 AND id IN (
                     SELECT a.id FROM ",
                going_records!(),
                " JOIN attachments a ON a.org_id = $1 AND a.secret_id = gone.id
                     LIMIT $2 FOR UPDATE OF a SKIP LOCKED)"
            ),
            Self::Versions => concat!(
                "DELETE FROM secret_versions WHERE org_id = $1 AND (secret_id, version) IN (
                     SELECT e.secret_id, e.version FROM ",
                going_records!(),
                " JOIN secret_versions e ON e.org_id = $1 AND e.secret_id = gone.id
                     LIMIT $2)"
            ),
            Self::Records => bare_records!("s.trashed_at IS NULL"),
            Self::Trash => bare_records!("s.trashed_at IS NOT NULL"),
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
