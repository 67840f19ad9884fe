//! What people change about their own account.

use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::email::Email;
use super::model::Me;
use super::password::NewPassword;
use super::session::{self, SessionToken};
use super::sessions::{self, account};
use super::{password, service, store};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::infra::db::{Db, DbError, LookupTx};
use crate::kernel::{FieldProblem, Redacted, Text, UserId};

/// Changes the name.
pub(super) async fn rename(app: &App, caller: &Caller, name: &str) -> Result<Me, Problem> {
    let name = Text::line("name", 1, 120).check(name)?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::rename(tx.tenant().connection(), caller.user, &name).await?;
    let resource = account(caller.user);
    let event = Event::by(app.clock.now(), caller, Action::ProfileUpdated, resource);
    tx.commit(&app.keys, &event.with(json!({"name": name})))
        .await?;
    sessions::me(app, caller).await
}

/// Changes the password, and signs every device out: this one goes on under another token.
pub(super) async fn change_password(
    app: &App,
    caller: &Caller,
    token: &SessionToken,
    current: Redacted<String>,
    new: Redacted<String>,
) -> Result<HeaderValue, Problem> {
    prove(app, caller, current, "currentPassword").await?;
    let me = sessions::me(app, caller).await?;
    let email = Email::parse(&me.user.email)?;
    let names = [me.user.name.as_str(), me.organization.name.as_str()];
    let new = NewPassword::parse(new, &email, &names).map_err(|problem| FieldProblem {
        name: "newPassword".to_owned(),
        ..problem
    })?;
    let hash = service::hashed(app, new.into_inner()).await?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let connection = tx.tenant().connection();
    let epoch = store::set_password(connection, caller.user, &hash).await?;
    epoch.ok_or_else(Problem::not_found)?;
    let resource = account(caller.user);
    let event = Event::by(app.clock.now(), caller, Action::PasswordChanged, resource);
    tx.commit(&app.keys, &event).await?;
    // The new epoch has ended them all; this tidies up behind it.
    let cookie = sessions::renew(app, token).await?;
    session::revoke_all(&app.cache, caller.user, sessions::current(caller)).await?;
    Ok(cookie)
}

/// Demands the password of an account that is not signed in, of whoever acts for it. The guesses are
/// counted with those of its owner.
///
/// # Errors
/// 422 on `password` when it is not the one; 429 after too many; 503 when they cannot be counted.
pub async fn prove_password(
    app: &App,
    user: UserId,
    given: Redacted<String>,
) -> Result<(), Problem> {
    prove_of(app, user, given, "password").await
}

/// Demands the password of somebody who is signed in. Their own attempts are counted, so that no
/// stranger can use them up.
///
/// # Errors
/// 422 about the field when it is another one; 429 past the limit.
pub async fn prove(
    app: &App,
    caller: &Caller,
    given: Redacted<String>,
    field: &'static str,
) -> Result<(), Problem> {
    prove_of(app, caller.user, given, field).await
}

async fn prove_of(
    app: &App,
    user: UserId,
    given: Redacted<String>,
    field: &'static str,
) -> Result<(), Problem> {
    let who = user.to_string();
    service::limit_guesses(app, "password", &who).await?;
    let mut tx = LookupTx::by_user(&app.db, user).await?;
    let hash = store::password_hash(&mut tx, user).await?;
    tx.finish();
    let holds = password::verify(app, given, hash).await;
    match holds {
        Ok(true) => service::guessed_right(app, "password", &who).await,
        Ok(false) => Err(FieldProblem::new(field, "is not your password").into()),
        Err(error) => {
            tracing::error!(%error, "password");
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong",
                "The password could not be checked.",
            ))
        }
    }
}

/// The account that has an address, if there is one.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn account_of(app: &App, email: &Email) -> Result<Option<UserId>, Problem> {
    Ok(user_of(&app.db, email).await?)
}

/// The account with an address, whether it belongs anywhere or not.
pub(super) async fn user_of(db: &Db, email: &Email) -> Result<Option<UserId>, DbError> {
    let mut tx = LookupTx::by_email(db, email.as_str()).await?;
    let found = store::credentials(&mut tx, email).await?;
    tx.finish();
    Ok(found.map(|found| found.user))
}
