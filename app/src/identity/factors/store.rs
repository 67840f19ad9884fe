//! SQL of second factors. Every transaction names the account; see `store::act_as`.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

use super::Enrolled;
use super::model::FactorView;
use super::seed::SealedSeed;
use crate::infra::db::DbError;
use crate::kernel::{FactorId, UserId};

/// An authenticator app, as codes are compared with it.
pub(super) struct StoredTotp {
    pub(super) id: FactorId,
    pub(super) name: String,
    pub(super) sealed: SealedSeed,
    pub(super) created_at: OffsetDateTime,
    pub(super) last_step: Option<i64>,
}

/// A factor that was removed.
pub(super) struct Removed {
    pub(super) name: String,
    /// Whether it counted: one that was never confirmed did not.
    pub(super) counted: bool,
}

pub(super) async fn enrolled(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<Enrolled, DbError> {
    let row = sqlx::query("SELECT totps, passkeys FROM users WHERE id = $1")
        .bind(user)
        .fetch_optional(connection)
        .await?;
    row.map_or(Ok(Enrolled::default()), |row| Enrolled::from_row(&row))
}

/// Stores an authenticator app that has still to be confirmed, in place of earlier ones that never
/// were.
pub(super) async fn insert_totp(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    name: &str,
    sealed: &SealedSeed,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM totp_factors WHERE user_id = $1 AND confirmed_at IS NULL")
        .bind(user)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO totp_factors (user_id, id, name, sealed_seed, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(user)
    .bind(id)
    .bind(name)
    .bind(&sealed.seed)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO account_keys (user_id, id, wrapped_key) VALUES ($1, $2, $3)")
        .bind(user)
        .bind(id)
        .bind(&sealed.wrapped_key)
        .execute(connection)
        .await?;
    Ok(())
}

/// The authenticator apps whose codes count, or the one that waits for its first code.
pub(super) async fn totps(
    connection: &mut PgConnection,
    user: UserId,
    pending: Option<FactorId>,
) -> Result<Vec<StoredTotp>, DbError> {
    let rows = sqlx::query(
        "SELECT id, name, sealed_seed, wrapped_key, created_at, last_step
         FROM totp_factors LEFT JOIN account_keys USING (user_id, id)
         WHERE user_id = $1
           AND CASE WHEN $2::uuid IS NULL THEN confirmed_at IS NOT NULL
                    ELSE confirmed_at IS NULL AND id = $2 END
         ORDER BY created_at, id",
    )
    .bind(user)
    .bind(pending)
    .fetch_all(connection)
    .await?;
    rows.iter().map(totp).collect()
}

fn totp(row: &PgRow) -> Result<StoredTotp, DbError> {
    // Without its key it does not open, and is not hidden by the join.
    let wrapped_key: Option<Vec<u8>> = row.try_get("wrapped_key")?;
    Ok(StoredTotp {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        sealed: SealedSeed {
            wrapped_key: wrapped_key.unwrap_or_default(),
            seed: row.try_get("sealed_seed")?,
        },
        created_at: row.try_get("created_at")?,
        last_step: row.try_get("last_step")?,
    })
}

/// Confirms an authenticator app with the step of its first code; false when somebody was quicker.
pub(super) async fn confirm(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    step: i64,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE totp_factors SET confirmed_at = $4, last_step = $3
         WHERE user_id = $1 AND id = $2 AND confirmed_at IS NULL",
    )
    .bind(user)
    .bind(id)
    .bind(step)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the code of a step, which only one of many succeeds in: the row says which was taken last.
pub(super) async fn take_step(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    step: i64,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE totp_factors SET last_step = $3, last_used_at = $4
         WHERE user_id = $1 AND id = $2 AND last_step < $3",
    )
    .bind(user)
    .bind(id)
    .bind(step)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The authenticator apps that are confirmed, the oldest first.
pub(super) async fn list_totps(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<Vec<FactorView>, DbError> {
    let rows = sqlx::query(
        "SELECT id, name, created_at, last_used_at FROM totp_factors
         WHERE user_id = $1 AND confirmed_at IS NOT NULL ORDER BY created_at, id",
    )
    .bind(user)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(FactorView {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                created_at: row.try_get("created_at")?,
                last_used_at: row.try_get("last_used_at")?,
                backed_up: None,
                suspended: None,
            })
        })
        .collect()
}

/// Gives an authenticator app another name; false when there is none with this id.
pub(super) async fn rename_totp(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    name: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE totp_factors SET name = $3
         WHERE user_id = $1 AND id = $2 AND confirmed_at IS NOT NULL",
    )
    .bind(user)
    .bind(id)
    .bind(name)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes an authenticator app and its key.
pub(super) async fn remove_totp(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
) -> Result<Option<Removed>, DbError> {
    let row: Option<(String, bool)> = sqlx::query_as(
        "DELETE FROM totp_factors WHERE user_id = $1 AND id = $2
         RETURNING name, confirmed_at IS NOT NULL",
    )
    .bind(user)
    .bind(id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(name, counted)| Removed { name, counted }))
}

/// Removes every authenticator app of an account, confirmed or not.
pub(super) async fn forget_totps(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM totp_factors WHERE user_id = $1")
        .bind(user)
        .execute(connection)
        .await?;
    Ok(())
}

/// Puts recovery codes in place of all that there are.
pub(super) async fn replace_codes(
    connection: &mut PgConnection,
    user: UserId,
    digests: &[Vec<u8>],
    now: OffsetDateTime,
) -> Result<(), DbError> {
    forget_codes(&mut *connection, user).await?;
    sqlx::query(
        "INSERT INTO recovery_codes (user_id, digest, created_at)
         SELECT $1, digest, $3 FROM unnest($2::bytea[]) AS digest",
    )
    .bind(user)
    .bind(digests)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn forget_codes(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1")
        .bind(user)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes a recovery code, which only one of many succeeds in: it is gone.
pub(super) async fn take_code(
    connection: &mut PgConnection,
    user: UserId,
    digest: &[u8; 32],
) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND digest = $2")
        .bind(user)
        .bind(digest.as_slice())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn codes_left(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<i64, DbError> {
    Ok(
        sqlx::query_scalar("SELECT count(*) FROM recovery_codes WHERE user_id = $1")
            .bind(user)
            .fetch_one(connection)
            .await?,
    )
}
