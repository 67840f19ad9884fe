//! A platform admin's own password.

use serde_json::json;

use super::authenticate::Operator;
use super::link::hashed;
use super::sessions::{self, Started};
use super::{sign_in, store};
use crate::context::App;
use crate::edge::{Problem, UserAgent};
use crate::identity::{Email, NewPassword};
use crate::infra::db::PlatformTx;
use crate::kernel::{FieldProblem, Redacted};
use crate::platform::{self, Action, Event};

/// Changes the password. Every session ends; this device goes on under another one.
pub(super) async fn change_password(
    app: &App,
    operator: &Operator,
    (current, new): (Redacted<String>, Redacted<String>),
    user_agent: UserAgent,
) -> Result<Started, Problem> {
    let id = operator.who.id;
    sign_in::limit_guesses(app, &operator.who.email).await?;
    let mut tx = PlatformTx::begin(&app.db).await?;
    let hash = store::password_hash(tx.connection(), id).await?;
    tx.finish();
    if !sign_in::holds(app, current, hash).await? {
        return Err(FieldProblem::new("currentPassword", "is not your password").into());
    }
    sign_in::guessed_right(app, &operator.who.email).await?;
    let email = Email::parse(&operator.who.email)?;
    let new = NewPassword::parse(new, &email, &[&operator.who.name]);
    let new = new.map_err(|problem| FieldProblem {
        name: "newPassword".to_owned(),
        ..problem
    })?;
    let hash = hashed(app, new).await?;
    let mut tx = PlatformTx::begin(&app.db).await?;
    store::set_password(tx.connection(), id, &hash).await?;
    let admin = store::by_id(tx.connection(), id).await?;
    let admin = admin.ok_or_else(Problem::not_found)?;
    let event = Event {
        at: app.clock.now(),
        action: Action::AdminPasswordChanged,
        detail: json!({"by": operator.as_words()}),
    };
    platform::record_first(&mut tx, &app.keys, &event).await?;
    tx.commit_housekeeping().await?;
    sessions::start(app, &admin, (operator.origin, user_agent)).await
}
