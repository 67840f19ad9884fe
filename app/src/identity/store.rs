//! SQL of accounts and memberships.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

use super::factors::Enrolled;
use super::model::{Email, NewAccount, UserView};
use super::standing::{Demands, Place, Standing};
use crate::infra::db::{DbError, LookupTx};
use crate::kernel::UserId;

/// An account as sign-in needs it.
pub(super) struct Credentials {
    pub(super) user: UserId,
    pub(super) password_hash: String,
    pub(super) epoch: i64,
}

pub(super) async fn credentials(
    tx: &mut LookupTx,
    email: &Email,
) -> Result<Option<Credentials>, DbError> {
    let row: Option<(UserId, String, i64)> =
        sqlx::query_as("SELECT id, password_hash, session_epoch FROM users WHERE email = $1")
            .bind(email.as_str())
            .fetch_optional(tx.connection())
            .await?;
    Ok(row.map(|(user, password_hash, epoch)| Credentials {
        user,
        password_hash,
        epoch,
    }))
}

/// Who somebody is and where they belong; none without a confirmed membership.
pub(super) async fn standing(tx: &mut LookupTx, user: UserId) -> Result<Option<Standing>, DbError> {
    let rows = sqlx::query(
        "SELECT u.name, u.email, u.session_epoch, m.org_id, o.name AS organization, m.role,
                m.created_at, p.require_second_factor, p.second_factor_required_at,
                p.second_factor_grace_days, p.session_idle_min, p.session_absolute_hours,
                p.sso_required
         FROM memberships m
         JOIN users u ON u.id = m.user_id
         JOIN organizations o ON o.org_id = m.org_id
         LEFT JOIN organization_policies p ON p.org_id = m.org_id
         WHERE m.user_id = $1 AND m.state = 'confirmed' ORDER BY m.created_at, m.org_id",
    )
    .bind(user)
    .fetch_all(tx.connection())
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let view = UserView {
        id: user,
        name: first.try_get("name")?,
        email: first.try_get("email")?,
    };
    let epoch = first.try_get("session_epoch")?;
    let places = rows.iter().map(place).collect::<Result<_, _>>()?;
    Ok(Some(Standing {
        user: view,
        epoch,
        places,
        enrolled: Enrolled::default(),
    }))
}

fn place(row: &PgRow) -> Result<Place, DbError> {
    let role: String = row.try_get("role")?;
    let role = role
        .parse()
        .map_err(|_| DbError::Impossible("memberships.role"))?;
    let since: OffsetDateTime = row.try_get("created_at")?;
    let required: Option<bool> = row.try_get("require_second_factor")?;
    let demanded: Option<OffsetDateTime> = row.try_get("second_factor_required_at")?;
    let grace: Option<i32> = row.try_get("second_factor_grace_days")?;
    let idle: Option<i32> = row.try_get("session_idle_min")?;
    let absolute: Option<i32> = row.try_get("session_absolute_hours")?;
    let required_sso: Option<bool> = row.try_get("sso_required")?;
    let lasting = |count: Option<i32>, unit: u64| {
        let count = u64::try_from(count?).ok()?;
        Some(Duration::from_secs(count * unit))
    };
    Ok(Place {
        org: row.try_get("org_id")?,
        name: row.try_get("organization")?,
        role,
        since,
        demands: Demands {
            second_factor: required.unwrap_or(false).then(|| demanded.unwrap_or(since)),
            grace: time::Duration::days(grace.unwrap_or(0).into()),
            idle: lasting(idle, 60),
            absolute: lasting(absolute, 3600),
            sso: required_sso.unwrap_or(false),
        },
    })
}

/// The password's hash of the account that is looked up.
pub(super) async fn password_hash(
    tx: &mut LookupTx,
    user: UserId,
) -> Result<Option<String>, DbError> {
    let found = sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1")
        .bind(user)
        .fetch_optional(tx.connection())
        .await?;
    Ok(found)
}

/// Lets a transaction change one account.
pub(super) async fn act_as(connection: &mut PgConnection, user: UserId) -> Result<(), DbError> {
    sqlx::query("SELECT set_config('vaultterm.lookup_user', $1, true)")
        .bind(user.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives an account another password and begins a new epoch: every session of it is over.
pub(super) async fn set_password(
    connection: &mut PgConnection,
    user: UserId,
    hash: &str,
) -> Result<bool, DbError> {
    act_as(connection, user).await?;
    let done = sqlx::query(
        "UPDATE users SET password_hash = $2, session_epoch = session_epoch + 1 WHERE id = $1",
    )
    .bind(user)
    .bind(hash)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an account another name.
pub(super) async fn rename(
    connection: &mut PgConnection,
    user: UserId,
    name: &str,
) -> Result<(), DbError> {
    act_as(connection, user).await?;
    sqlx::query("UPDATE users SET name = $2 WHERE id = $1")
        .bind(user)
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes an account inside a running transaction.
///
/// # Errors
/// [`DbError`]; the constraint `users_email_key` when the address is taken.
pub async fn insert_account(
    connection: &mut PgConnection,
    account: &NewAccount,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    // The policy lets an account be made only by a transaction that names it.
    act_as(&mut *connection, account.id).await?;
    sqlx::query(
        "INSERT INTO users (id, email, name, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(account.id)
    .bind(account.email.as_str())
    .bind(&account.name)
    .bind(&account.password_hash)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
