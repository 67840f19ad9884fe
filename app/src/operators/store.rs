//! SQL of platform admins and their links.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

use super::model::{Admin, NewAdmin};
use super::token::Token;
use crate::identity::Email;
use crate::infra::db::DbError;
use crate::kernel::PlatformAdminId;

/// Any number that nobody else uses: "VTADMIN" in ASCII.
const ADMINS_LOCK: i64 = 0x56_5441_444d_494e;

const COLUMNS: &str =
    "id, email, name, session_epoch, created_at, last_signed_in_at, deactivated_at";

fn admin(row: &PgRow) -> Result<Admin, DbError> {
    Ok(Admin {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        epoch: row.try_get("session_epoch")?,
        created_at: row.try_get("created_at")?,
        last_signed_in_at: row.try_get("last_signed_in_at")?,
        deactivated_at: row.try_get("deactivated_at")?,
    })
}

/// Lets those who change who is a platform admin take turns until the transaction ends.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<(), DbError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(ADMINS_LOCK)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn by_id(
    connection: &mut PgConnection,
    id: PlatformAdminId,
) -> Result<Option<Admin>, DbError> {
    let statement = format!("SELECT {COLUMNS} FROM platform_admins WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(admin).transpose()
}

pub(super) async fn by_email(
    connection: &mut PgConnection,
    email: &str,
) -> Result<Option<Admin>, DbError> {
    let statement = format!("SELECT {COLUMNS} FROM platform_admins WHERE email = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(email)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(admin).transpose()
}

/// All of them, oldest first.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Admin>, DbError> {
    let statement = format!("SELECT {COLUMNS} FROM platform_admins ORDER BY created_at, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .fetch_all(connection)
        .await?;
    rows.iter().map(admin).collect()
}

pub(super) async fn password_hash(
    connection: &mut PgConnection,
    id: PlatformAdminId,
) -> Result<Option<String>, DbError> {
    Ok(
        sqlx::query_scalar("SELECT password_hash FROM platform_admins WHERE id = $1")
            .bind(id)
            .fetch_optional(connection)
            .await?,
    )
}

/// Makes a platform admin, or lets one in again under another password, in a new epoch.
pub(super) async fn enter(
    connection: &mut PgConnection,
    new: &NewAdmin,
    now: OffsetDateTime,
) -> Result<Admin, DbError> {
    let statement = format!(
        "INSERT INTO platform_admins AS known (id, email, name, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (email) DO UPDATE SET name = $3, password_hash = $4, deactivated_at = NULL,
             session_epoch = known.session_epoch + 1
         RETURNING {COLUMNS}"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(PlatformAdminId::new())
        .bind(new.email.as_str())
        .bind(&new.name)
        .bind(&new.password_hash)
        .bind(now)
        .fetch_one(connection)
        .await?;
    admin(&row)
}

pub(super) async fn set_password(
    connection: &mut PgConnection,
    id: PlatformAdminId,
    hash: &str,
) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar(
        "UPDATE platform_admins SET password_hash = $2, session_epoch = session_epoch + 1
         WHERE id = $1 RETURNING session_epoch",
    )
    .bind(id)
    .bind(hash)
    .fetch_one(connection)
    .await?)
}

/// Notes a sign-in; false when the one who comes is none any more, or has another password by now.
pub(super) async fn note_sign_in(
    connection: &mut PgConnection,
    admin: &Admin,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let noted = sqlx::query(
        "UPDATE platform_admins SET last_signed_in_at = $3
         WHERE id = $1 AND session_epoch = $2 AND deactivated_at IS NULL",
    )
    .bind(admin.id)
    .bind(admin.epoch)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Ends an account and the sessions of it; false when it was ended already.
pub(super) async fn deactivate(
    connection: &mut PgConnection,
    id: PlatformAdminId,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE platform_admins SET deactivated_at = $2, session_epoch = session_epoch + 1
         WHERE id = $1 AND deactivated_at IS NULL",
    )
    .bind(id)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a link's digest; the address's earlier one is forgotten.
pub(super) async fn insert_link(
    connection: &mut PgConnection,
    token: &Token,
    email: &Email,
    (now, expires): (OffsetDateTime, OffsetDateTime),
) -> Result<(), DbError> {
    forget_links(&mut *connection, email.as_str()).await?;
    sqlx::query(
        "INSERT INTO platform_links (digest, email, created_at, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(token.digest().as_slice())
    .bind(email.as_str())
    .bind(now)
    .bind(expires)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets the links of an address.
pub(super) async fn forget_links(
    connection: &mut PgConnection,
    email: &str,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM platform_links WHERE email = $1")
        .bind(email)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whose link it is, if it works now.
pub(super) async fn link(
    connection: &mut PgConnection,
    token: &Token,
    now: OffsetDateTime,
) -> Result<Option<String>, DbError> {
    Ok(
        sqlx::query_scalar(
            "SELECT email FROM platform_links WHERE digest = $1 AND expires_at > $2",
        )
        .bind(token.digest().as_slice())
        .bind(now)
        .fetch_optional(connection)
        .await?,
    )
}

/// Uses a link up; false when it is unknown, used or expired.
pub(super) async fn use_link(
    connection: &mut PgConnection,
    token: &Token,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let used = sqlx::query("DELETE FROM platform_links WHERE digest = $1 AND expires_at > $2")
        .bind(token.digest().as_slice())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(used.rows_affected() == 1)
}
