//! SQL of files. What is still coming is no file yet: nothing lists or reads it.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use crate::authz::{Delete, Read, RecordPermit, Write};
use crate::edge::ListQuery;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{AttachmentId, SecretId};
use crate::vault::model::Person;
use crate::vault::store::secrets::person;

/// A file as it is stored.
pub(super) struct Stored {
    pub(super) id: AttachmentId,
    pub(super) head: Vec<u8>,
    pub(super) chunks: i32,
    pub(super) created_at: OffsetDateTime,
    pub(super) created_by: Option<Person>,
}

/// How many files a record has.
pub(super) struct Count {
    pub(super) whole: i64,
    /// Those that are still coming.
    pub(super) coming: i64,
}

/// Counts them. Whoever adds one meanwhile waits until this transaction has ended.
pub(super) async fn count(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
) -> Result<Count, DbError> {
    sqlx::query("SELECT FROM secrets WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .bind(permit.org())
        .bind(permit.secret())
        .execute(tx.connection())
        .await?;
    let row = sqlx::query(
        "SELECT count(sealed_head) AS whole, count(*) - count(sealed_head) AS coming
         FROM attachments WHERE org_id = $1 AND secret_id = $2",
    )
    .bind(permit.org())
    .bind(permit.secret())
    .fetch_one(tx.connection())
    .await?;
    Ok(Count {
        whole: row.try_get("whole")?,
        coming: row.try_get("coming")?,
    })
}

/// Notes that a file is coming.
pub(super) async fn begin(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
    id: AttachmentId,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO attachments (org_id, id, secret_id, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(permit.org())
    .bind(id)
    .bind(permit.secret())
    .bind(now)
    .bind(permit.user())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores pieces, from a number on; false when the file does not come any more.
pub(super) async fn append(
    tx: &mut TenantTx,
    id: AttachmentId,
    (first, pieces): (i32, &[Vec<u8>]),
) -> Result<bool, DbError> {
    let org = tx.org();
    let done = sqlx::query(
        "INSERT INTO attachment_chunks (org_id, attachment_id, number, sealed)
         SELECT a.org_id, a.id, $3 + piece.at::integer - 1, piece.sealed
         FROM unnest($4::bytea[]) WITH ORDINALITY AS piece (sealed, at)
         JOIN attachments a ON a.org_id = $1 AND a.id = $2 AND a.sealed_head IS NULL",
    )
    .bind(org)
    .bind(id)
    .bind(first)
    .bind(pieces)
    .execute(tx.connection())
    .await?;
    Ok(usize::try_from(done.rows_affected()).ok() == Some(pieces.len()))
}

/// Makes what has come a file; false when it is not there any more.
pub(super) async fn complete(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
    id: AttachmentId,
    (head, chunks): (&[u8], i32),
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE attachments SET sealed_head = $4, chunks = $5
         WHERE org_id = $1 AND secret_id = $2 AND id = $3 AND sealed_head IS NULL",
    )
    .bind(permit.org())
    .bind(permit.secret())
    .bind(id)
    .bind(head)
    .bind(chunks)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets what has come of a file that does not come to its end.
pub(super) async fn forget(tx: &mut TenantTx, id: AttachmentId) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("DELETE FROM attachments WHERE org_id = $1 AND sealed_head IS NULL AND id = $2")
        .bind(org)
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets some of what began to come before an instant and has not come to its end; how many.
pub(super) async fn forget_stale(
    tx: &mut TenantTx,
    before: OffsetDateTime,
    most: i64,
) -> Result<u64, DbError> {
    let org = tx.org();
    let forgotten = sqlx::query(
        "DELETE FROM attachments WHERE org_id = $1 AND id IN (
             SELECT id FROM attachments
             WHERE org_id = $1 AND sealed_head IS NULL AND created_at < $2
             ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED)",
    )
    .bind(org)
    .bind(before)
    .bind(most)
    .execute(tx.connection())
    .await?;
    Ok(forgotten.rows_affected())
}

macro_rules! files {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.sealed_head, a.chunks, a.created_at, a.created_by,
                    u.name AS created_by_name
             FROM attachments a LEFT JOIN users u ON u.id = a.created_by
             WHERE a.org_id = $1 AND a.secret_id = $2 AND a.sealed_head IS NOT NULL ",
            $rest
        )
    };
}

/// Those of a record, the newest first.
pub(super) async fn list(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
    query: ListQuery,
) -> Result<Vec<Stored>, DbError> {
    let rows = sqlx::query(files!(
        "AND ($3::uuid IS NULL OR a.id < $3) ORDER BY a.id DESC LIMIT $4"
    ))
    .bind(permit.org())
    .bind(permit.secret())
    .bind(query.cursor.map(|cursor| cursor.0))
    .bind(query.limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(stored_of).collect()
}

/// All of a record. No permit: what is shown of them is a name, to whoever reads the trail.
pub(super) async fn all(tx: &mut TenantTx, secret: SecretId) -> Result<Vec<Stored>, DbError> {
    let org = tx.org();
    let query = sqlx::query(files!("ORDER BY a.id DESC"));
    let rows = query
        .bind(org)
        .bind(secret)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(stored_of).collect()
}

/// One of them.
pub(super) async fn one(
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
    id: AttachmentId,
) -> Result<Option<Stored>, DbError> {
    let row = sqlx::query(files!("AND a.id = $3"))
        .bind(permit.org())
        .bind(permit.secret())
        .bind(id)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(stored_of).transpose()
}

fn stored_of(row: &PgRow) -> Result<Stored, DbError> {
    Ok(Stored {
        id: row.try_get("id")?,
        head: row.try_get("sealed_head")?,
        chunks: row.try_get("chunks")?,
        created_at: row.try_get("created_at")?,
        created_by: person(row, "created_by", "created_by_name")?,
    })
}

/// Some pieces of a file, from a number on. Who may read it has just been asked.
pub(super) async fn pieces(
    tx: &mut TenantTx,
    id: AttachmentId,
    (first, most): (i32, i32),
) -> Result<Vec<(i32, Vec<u8>)>, DbError> {
    let org = tx.org();
    Ok(sqlx::query_as(
        "SELECT number, sealed FROM attachment_chunks
         WHERE org_id = $1 AND attachment_id = $2 AND number >= $3 AND number < $3 + $4
         ORDER BY number",
    )
    .bind(org)
    .bind(id)
    .bind(first)
    .bind(most)
    .fetch_all(tx.connection())
    .await?)
}

/// Takes a file off; false when it is not there.
pub(super) async fn delete(
    tx: &mut TenantTx,
    permit: RecordPermit<Delete>,
    id: AttachmentId,
) -> Result<bool, DbError> {
    let deleted = sqlx::query(
        "DELETE FROM attachments
         WHERE org_id = $1 AND secret_id = $2 AND id = $3 AND sealed_head IS NOT NULL",
    )
    .bind(permit.org())
    .bind(permit.secret())
    .bind(id)
    .execute(tx.connection())
    .await?;
    Ok(deleted.rows_affected() == 1)
}
