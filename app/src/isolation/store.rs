//! SQL of the questions.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::infra::db::{Db, DbError, PlatformTx, TenantTx};
use crate::kernel::OrgId;

/// Tenants that chance picks.
pub(super) async fn some(db: &Db, most: i64) -> Result<Vec<OrgId>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let found =
        sqlx::query_scalar("SELECT id FROM organization_directory ORDER BY random() LIMIT $1")
            .bind(most)
            .fetch_all(tx.connection())
            .await?;
    tx.finish();
    Ok(found)
}

/// The tenants that follow one by id.
pub(super) async fn following(
    db: &Db,
    after: Option<OrgId>,
    most: i64,
) -> Result<Vec<OrgId>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let found = sqlx::query_scalar(
        "SELECT id FROM organization_directory WHERE $1::uuid IS NULL OR id > $1
         ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(most)
    .fetch_all(tx.connection())
    .await?;
    tx.finish();
    Ok(found)
}

/// Whether the own canary is there, and whether any other is. An organisation of which the directory
/// alone is left, because it is being erased, misses none.
pub(super) async fn canaries(tx: &mut TenantTx) -> Result<(bool, bool), DbError> {
    let org = tx.org();
    let found = sqlx::query_as(
        "SELECT EXISTS (SELECT FROM canaries WHERE org_id = $1)
                OR NOT EXISTS (SELECT FROM organizations WHERE org_id = $1),
                EXISTS (SELECT FROM canaries WHERE org_id <> $1)",
    )
    .bind(org)
    .fetch_one(tx.connection())
    .await?;
    Ok(found)
}

/// A statement that names the tables in which a tenant has rows, of all that have an organisation and
/// may be read. The catalogue knows them, and quotes their names.
pub(super) async fn everything(db: &Db) -> Result<String, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let statement: Option<String> = sqlx::query_scalar(
        "SELECT string_agg(
             format('SELECT %L WHERE EXISTS (SELECT FROM %I WHERE org_id = $1)', relname, relname),
             ' UNION ALL ' ORDER BY relname)
         FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'org_id'
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND has_column_privilege(pg_class.oid, attnum, 'SELECT')",
    )
    .fetch_one(tx.connection())
    .await?;
    tx.finish();
    statement.ok_or(DbError::Impossible("pg_class"))
}

/// The first table in which rows of a tenant are to be seen.
pub(super) async fn first_table(
    connection: &mut PgConnection,
    statement: &str,
    of: OrgId,
) -> Result<Option<String>, DbError> {
    let found = sqlx::query_scalar(AssertSqlSafe(format!("{statement} LIMIT 1")))
        .bind(of)
        .fetch_optional(connection)
        .await?;
    Ok(found)
}
