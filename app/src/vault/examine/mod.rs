//! Whether what is stored is what belongs there, and whose it is otherwise. What opens is looked at by
//! nobody.
//!
//! | file | looks at |
//! |---|---|
//! | `records` | records and their earlier versions |
//! | `files` | what is attached to them, piece by piece |
//! | `links` | one-time links, which only their tokens open: they are compared as they stand |

/// Whether a record, by what its id and its organisation's are called, lies in a vault that was deleted
/// and is being emptied: by its trail it is gone, and all that belongs to it.
macro_rules! goes_with_its_vault {
    ($org:literal, $record:literal) => {
        concat!(
            "EXISTS (SELECT FROM secrets gone JOIN vaults v ON v.org_id = gone.org_id \
             AND v.id = gone.vault_id AND v.going_since IS NOT NULL \
             WHERE gone.org_id = ",
            $org,
            " AND gone.id = ",
            $record,
            ")"
        )
    };
}

mod files;
mod links;
mod records;

use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::infra::db::{DbError, TenantTx};

pub(crate) use files::{FileFault, FileRow, Spot};
pub(in crate::vault) use links::Facts;
pub(crate) use links::LinkRow;
pub(crate) use records::{Fault, Part, Row};

/// The version that a sealed value says it is of: after the format and the id.
fn version_of(sealed: &[u8]) -> Option<i32> {
    let bytes = sealed.get(33..37)?.try_into().ok()?;
    Some(i32::from_be_bytes(bytes))
}

/// Rows of the organisation that follow an id. The statement takes the organisation, that id, and how many.
async fn page<T>(
    tx: &mut TenantTx,
    statement: &'static str,
    (after, limit): (Uuid, i64),
    row_of: impl FnMut(&PgRow) -> Result<T, DbError>,
) -> Result<Vec<T>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(statement)
        .bind(org)
        .bind(after)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(row_of).collect()
}
