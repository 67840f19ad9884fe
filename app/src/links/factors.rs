//! Taking second factors away from somebody who has lost them: by an admin, or on the host.

use http::StatusCode;
use serde_json::{Value, json};

use super::letters;
use super::ward::Ward;
use crate::audit::{Action, Event, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::identity::factors::{self, Enrolled};
use crate::identity::{self, Email};
use crate::infra::db::{Db, DbError};
use crate::kernel::{Clock, UserId};
use crate::keys::Keyring;
use crate::platform;

/// Takes them from a member. The password stays, and is all that they sign in with until they have set
/// up another factor, which an organisation that demands one asks of them at once.
pub(super) async fn remove_of(app: &App, caller: &Caller, user: UserId) -> Result<(), Problem> {
    let instead = "Remove your second factors in your account.";
    let Ward { mut tx, email } = Ward::of(app, caller, user, instead).await?;
    let had = factors::take_away(tx.tenant().connection(), user).await?;
    if !had.any() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "no-second-factor",
            "There is nothing to remove",
            "This person has no second factor.",
        ));
    }
    let act = Act {
        action: Action::FactorsTakenAway,
        resource: identity::account_resource(user),
        detail: words(&email, had),
        summary: format!("Remove every second factor of {email}."),
    };
    let approval = step_up::demand(app, caller, &act).await?;
    let event = Event::by(app.clock.now(), caller, act.action, act.resource);
    let event = event.with(act.detail).approved(approval);
    tx.commit(&app.keys, &event).await?;
    letters::send(app, &email, &letters::factors_were_removed(app));
    // The new epoch has ended them all; this tidies up behind it.
    identity::forget_sessions(app, user).await
}

/// What became of a request on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnHost {
    /// They are gone.
    Removed,
    /// There were none.
    HadNone,
    /// Nobody who belongs anywhere has the address.
    Nobody,
}

/// Takes them from whoever has an address, whatever organisations they belong to: whoever is on the
/// host holds the keys and the database anyway. Recorded in the trail of the person's oldest
/// organisation and in the installation's.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn remove_factors_on_host(
    (db, keys, clock): (&Db, &Keyring, &Clock),
    email: &str,
) -> Result<OnHost, DbError> {
    let Ok(email) = Email::parse(email) else {
        return Ok(OnHost::Nobody);
    };
    let Some(account) = identity::account_by_address(db, &email).await? else {
        return Ok(OnHost::Nobody);
    };
    let mut tx = WriteTx::begin(db, account.home).await?;
    let connection = tx.tenant().connection();
    let had = factors::take_away(&mut *connection, account.user).await?;
    if !had.any() {
        return Ok(OnHost::HadNone);
    }
    let at = clock.now();
    let mut detail = words(&account.email, had);
    let entry = platform::Event {
        at,
        action: platform::Action::FactorsTakenAway,
        detail: detail.clone(),
    };
    platform::record_within(connection, keys, &entry).await?;
    if let Value::Object(members) = &mut detail {
        members.insert("by".to_owned(), json!("host"));
    }
    let mut event = Event::of_system(at, Action::FactorsTakenAway, detail);
    event.resource = Some(identity::account_resource(account.user));
    tx.commit(keys, &event).await?;
    Ok(OnHost::Removed)
}

fn words(email: &str, had: Enrolled) -> Value {
    json!({"email": email, "totps": had.totps, "passkeys": had.passkeys})
}
