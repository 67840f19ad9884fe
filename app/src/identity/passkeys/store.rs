//! SQL of passkeys. Every transaction names the account; see `store::act_as`.

use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;
use webauthn_rs::prelude::{Passkey, PublicKeyCredential};

use crate::identity::factors::FactorView;
use crate::infra::db::DbError;
use crate::kernel::{FactorId, UserId};

/// A passkey as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: FactorId,
    pub(super) passkey: Passkey,
    pub(super) suspended: bool,
}

/// What a passkey says of itself when it was shown.
#[derive(Clone, Debug)]
pub(super) struct Use<'a> {
    pub(super) passkey: &'a Passkey,
    pub(super) counter: u32,
    pub(super) backed_up: bool,
}

/// Stores a passkey; false when its credential is some account's already.
pub(super) async fn insert(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    name: &str,
    new: &Use<'_>,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "INSERT INTO passkeys (user_id, id, credential_id, credential, counter, backed_up, name,
             created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (credential_id) DO NOTHING",
    )
    .bind(user)
    .bind(id)
    .bind(new.passkey.cred_id())
    .bind(Json(new.passkey))
    .bind(i64::from(new.counter))
    .bind(new.backed_up)
    .bind(name)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The passkeys of the account, the oldest first.
pub(super) async fn all(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<Vec<Stored>, DbError> {
    let rows = sqlx::query(
        "SELECT id, credential, suspended_at IS NOT NULL AS suspended
         FROM passkeys WHERE user_id = $1 ORDER BY created_at, id",
    )
    .bind(user)
    .fetch_all(connection)
    .await?;
    let stored = rows.iter().map(|row| {
        let Json(passkey) = row.try_get("credential")?;
        Ok(Stored {
            id: row.try_get("id")?,
            passkey,
            suspended: row.try_get("suspended")?,
        })
    });
    stored.collect()
}

/// Notes that a passkey was shown; false when its counter has not gone on since, or it is suspended:
/// of two that show the same one at once, only one succeeds.
pub(super) async fn note_use(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    shown: &Use<'_>,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE passkeys SET credential = $3, counter = $4, backed_up = $5, last_used_at = $6
         WHERE user_id = $1 AND id = $2 AND suspended_at IS NULL
           AND (counter < $4 OR (counter = 0 AND $4 = 0))",
    )
    .bind(user)
    .bind(id)
    .bind(Json(shown.passkey))
    .bind(i64::from(shown.counter))
    .bind(shown.backed_up)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A passkey proves nothing from now on; its name, when it was not suspended before.
pub(super) async fn suspend(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    now: OffsetDateTime,
) -> Result<Option<String>, DbError> {
    Ok(sqlx::query_scalar(
        "UPDATE passkeys SET suspended_at = $3
         WHERE user_id = $1 AND id = $2 AND suspended_at IS NULL RETURNING name",
    )
    .bind(user)
    .bind(id)
    .bind(now)
    .fetch_optional(connection)
    .await?)
}

/// The passkeys as their owner sees them.
pub(in crate::identity) async fn list(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<Vec<FactorView>, DbError> {
    let rows = sqlx::query(
        "SELECT id, name, created_at, last_used_at, backed_up, suspended_at IS NOT NULL AS suspended
         FROM passkeys WHERE user_id = $1 ORDER BY created_at, id",
    )
    .bind(user)
    .fetch_all(connection)
    .await?;
    let views = rows.iter().map(|row| {
        Ok(FactorView {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            created_at: row.try_get("created_at")?,
            last_used_at: row.try_get("last_used_at")?,
            backed_up: Some(row.try_get("backed_up")?),
            suspended: Some(row.try_get("suspended")?),
        })
    });
    views.collect()
}

/// Gives a passkey another name; false when there is none with this id.
pub(in crate::identity) async fn rename(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
    name: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2")
        .bind(user)
        .bind(id)
        .bind(name)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes every passkey of an account.
pub(in crate::identity) async fn forget_all(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM passkeys WHERE user_id = $1")
        .bind(user)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes a passkey, and says its name.
pub(in crate::identity) async fn remove(
    connection: &mut PgConnection,
    (user, id): (UserId, FactorId),
) -> Result<Option<String>, DbError> {
    Ok(
        sqlx::query_scalar("DELETE FROM passkeys WHERE user_id = $1 AND id = $2 RETURNING name")
            .bind(user)
            .bind(id)
            .fetch_optional(connection)
            .await?,
    )
}

/// The one that an answer is by, if it is one of these and not suspended.
pub(super) fn named<'a>(stored: &'a [Stored], given: &PublicKeyCredential) -> Option<&'a Stored> {
    stored
        .iter()
        .find(|one| !one.suspended && one.passkey.cred_id().as_slice() == given.get_credential_id())
}
