//! SQL of accounts and memberships.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgExecutor, Row as _};
use time::OffsetDateTime;

use super::email::Email;
use super::factors::Enrolled;
use super::model::{NewAccount, UserView};
use super::standing::{Demands, Place, Standing};
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{OrgRole, UserId};

/// An account as sign-in needs it.
#[derive(Debug)]
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

/// Who these accounts are and where they belong: one statement, and no transaction around it. Those
/// without a confirmed membership are not among them.
pub(super) async fn standings(
    executor: impl PgExecutor<'_>,
    accounts: &[UserId],
) -> Result<Vec<(UserId, Result<Standing, DbError>)>, DbError> {
    let rows = sqlx::query("SELECT * FROM vaultterm_standings($1)")
        .bind(accounts)
        .fetch_all(executor)
        .await?;
    let rows: Vec<(UserId, PgRow)> = rows
        .into_iter()
        .map(|row| Ok((row.try_get("account")?, row)))
        .collect::<Result<_, DbError>>()?;
    let each = rows.chunk_by(|(one, _), (other, _)| one == other);
    Ok(each.filter_map(standing).collect())
}

fn standing(rows: &[(UserId, PgRow)]) -> Option<(UserId, Result<Standing, DbError>)> {
    let (user, first) = rows.first()?;
    let standing = || {
        Ok(Standing {
            user: UserView {
                id: *user,
                name: first.try_get("name")?,
                email: first.try_get("email")?,
            },
            epoch: first.try_get("session_epoch")?,
            places: rows
                .iter()
                .map(|(_, row)| place(row))
                .collect::<Result<_, _>>()?,
            enrolled: Enrolled::from_row(first)?,
        })
    };
    Some((*user, standing()))
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
        open: row.try_get("open")?,
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

/// Notes the step that passwords cost here, and says the highest that was ever noted.
pub(super) async fn reach_step(
    connection: &mut PgConnection,
    step: usize,
) -> Result<usize, DbError> {
    let step = i16::try_from(step).unwrap_or(0);
    let highest: Option<i16> = sqlx::query_scalar(
        "UPDATE installation SET password_step = greatest(password_step, $1)
         RETURNING password_step",
    )
    .bind(step)
    .fetch_optional(connection)
    .await?;
    Ok(usize::try_from(highest.unwrap_or(step)).unwrap_or(0))
}

/// Puts another hash of the same password in the place of one, unless the password has changed.
pub(super) async fn replace_hash(
    connection: &mut PgConnection,
    known: &Credentials,
    hash: &str,
) -> Result<(), DbError> {
    act_as(connection, known.user).await?;
    sqlx::query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
        .bind(known.user)
        .bind(&known.password_hash)
        .bind(hash)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets a transaction change one account.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn act_as(connection: &mut PgConnection, user: UserId) -> Result<(), DbError> {
    sqlx::query("SELECT set_config('vaultterm.lookup_user', $1, true)")
        .bind(user.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives an account another password, voids its links and begins a new epoch: every session of it is
/// over.
pub(super) async fn set_password(
    connection: &mut PgConnection,
    user: UserId,
    hash: &str,
) -> Result<Option<i64>, DbError> {
    act_as(connection, user).await?;
    // Whatever was asked for with the password of before.
    sqlx::query("DELETE FROM account_links WHERE user_id = $1")
        .bind(user)
        .execute(&mut *connection)
        .await?;
    Ok(sqlx::query_scalar(
        "UPDATE users SET password_hash = $2, session_epoch = session_epoch + 1 WHERE id = $1
         RETURNING session_epoch",
    )
    .bind(user)
    .bind(hash)
    .fetch_optional(connection)
    .await?)
}

/// Gives an account another address.
pub(super) async fn set_email(
    connection: &mut PgConnection,
    user: UserId,
    email: &str,
) -> Result<bool, DbError> {
    act_as(connection, user).await?;
    let done = sqlx::query("UPDATE users SET email = $2 WHERE id = $1")
        .bind(user)
        .bind(email)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The address of the account that is looked up.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn email_of(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<Option<String>, DbError> {
    Ok(sqlx::query_scalar("SELECT email FROM users WHERE id = $1")
        .bind(user)
        .fetch_optional(connection)
        .await?)
}

/// What a confirmed member is in the transaction's organisation.
pub(super) async fn role_of(tx: &mut TenantTx, user: UserId) -> Result<Option<OrgRole>, DbError> {
    let org = tx.org();
    let role: Option<String> = sqlx::query_scalar(
        "SELECT role FROM memberships WHERE org_id = $1 AND user_id = $2 AND state = 'confirmed'",
    )
    .bind(org)
    .bind(user)
    .fetch_optional(tx.connection())
    .await?;
    let role = role.map(|role| role.parse()).transpose();
    role.map_err(|_| DbError::Impossible("memberships.role"))
}

/// Begins a new epoch: every session of the account is over.
pub(super) async fn begin_epoch(
    connection: &mut PgConnection,
    user: UserId,
) -> Result<(), DbError> {
    act_as(&mut *connection, user).await?;
    sqlx::query("UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1")
        .bind(user)
        .execute(connection)
        .await?;
    Ok(())
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
