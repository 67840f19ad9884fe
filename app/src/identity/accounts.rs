//! What other slices may know of an account, and change of it.

use http::HeaderValue;
use sqlx::PgConnection;

use super::account::user_of;
use super::device::Device;
use super::email::Email;
use super::standing::Standing;
use super::{password, session, store};
use crate::context::App;
use crate::edge::Problem;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::{OrgId, OrgRole, Redacted, UserId};

/// An account of somebody who belongs somewhere.
#[derive(Clone, Debug)]
pub struct Account {
    /// Which.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// The organisation that they have belonged to for longest: its trail has what happens to the
    /// account.
    pub home: OrgId,
    /// Its name.
    pub home_name: String,
}

/// An account by its id; none without a confirmed membership.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn account(app: &App, user: UserId) -> Result<Option<Account>, DbError> {
    of(&app.db, user).await
}

async fn of(db: &Db, user: UserId) -> Result<Option<Account>, DbError> {
    let standing = Standing::of(db, user).await?;
    Ok(standing.and_then(|standing| {
        let home = standing.places.first()?;
        Some(Account {
            user,
            home: home.org,
            home_name: home.name.clone(),
            name: standing.user.name,
            email: standing.user.email,
        })
    }))
}

/// An account by its address; none without a confirmed membership.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn account_with(app: &App, email: &Email) -> Result<Option<Account>, Problem> {
    Ok(account_by_address(&app.db, email).await?)
}

/// The same, where no server runs.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn account_by_address(db: &Db, email: &Email) -> Result<Option<Account>, DbError> {
    match user_of(db, email).await? {
        None => Ok(None),
        Some(user) => of(db, user).await,
    }
}

/// What a confirmed member is in the transaction's organisation.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn role_of(tx: &mut TenantTx, user: UserId) -> Result<Option<OrgRole>, DbError> {
    store::role_of(tx, user).await
}

/// Gives an account another password, voids its links and begins a new epoch, which is returned: every
/// session of it is over.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn replace_password(
    connection: &mut PgConnection,
    user: UserId,
    hash: &str,
) -> Result<Option<i64>, DbError> {
    store::set_password(connection, user, hash).await
}

/// Gives an account another address.
///
/// # Errors
/// [`DbError`]; the constraint `users_email_key` when the address is taken.
pub async fn replace_email(
    connection: &mut PgConnection,
    user: UserId,
    email: &str,
) -> Result<bool, DbError> {
    store::set_email(connection, user, email).await
}

/// Tidies up the sessions of an epoch that is over.
///
/// # Errors
/// 503 when the cache does not answer.
pub async fn forget_sessions(app: &App, user: UserId) -> Result<(), Problem> {
    session::revoke_all(&app.cache, user, None).await?;
    Ok(())
}

/// The cookie that makes a browser known to an account.
#[must_use]
pub fn known_browser(app: &App, user: UserId, epoch: i64) -> Option<HeaderValue> {
    Device::new()?.cookie(app, user, epoch)
}

/// Whether a password is the one that a hash was made of.
///
/// # Errors
/// 500 when the work was cut off.
pub async fn is_password(
    app: &App,
    password: Redacted<String>,
    hash: &str,
) -> Result<bool, Problem> {
    password::verify(app, password, Some(hash.to_owned()))
        .await
        .map_err(|_| Problem::internal())
}
