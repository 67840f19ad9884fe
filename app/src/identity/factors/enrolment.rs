//! A factor comes, or goes: what that means for the account, whatever its kind.

use http::HeaderValue;
use serde_json::json;
use sqlx::PgConnection;

use super::model::{FactorAdded, FreshCodes};
use super::store::Removed;
use super::{problem, recovery, store};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::identity::session::{self, SessionToken};
use crate::identity::{passkeys, sessions, standing, store as accounts};
use crate::infra::db::DbError;
use crate::kernel::{FactorId, Factors, Redacted, UserId};

/// A factor was added in a transaction that has not ended.
pub(in crate::identity) struct Added {
    /// Whether the account had none before: then its earlier sessions are over.
    first: bool,
    codes: Option<Vec<Redacted<String>>>,
}

impl Added {
    /// What follows from a factor that was just made. With the first one come recovery codes, and a
    /// new epoch: whoever came with the password alone is signed out, and open tickets are void.
    pub(in crate::identity) async fn within(
        app: &App,
        tx: &mut WriteTx,
        user: UserId,
    ) -> Result<Self, Problem> {
        let connection = tx.tenant().connection();
        let enrolled = store::enrolled(&mut *connection, user).await?;
        let first = enrolled.count() == 1;
        if first {
            accounts::begin_epoch(&mut *connection, user).await?;
        }
        let codes = if store::codes_left(connection, user).await? == 0 {
            Some(fresh_codes(app, tx, user).await?)
        } else {
            None
        };
        Ok(Self { first, codes })
    }

    /// The session goes on under another token, and stands on the new factor, too.
    pub(in crate::identity) async fn go_on(
        self,
        app: &App,
        caller: &Caller,
        token: &SessionToken,
        shown: Factors,
    ) -> Result<(FactorAdded, HeaderValue), Problem> {
        let cookie = sessions::strengthen(app, token, shown).await?;
        if self.first {
            // The new epoch has ended them; this tidies up behind it.
            session::revoke_all(&app.cache, caller.user, sessions::current(caller)).await?;
        }
        let recovery_codes = self.codes.as_deref().map(shown_once);
        Ok((FactorAdded { recovery_codes }, cookie))
    }
}

/// What a factor of one kind is, in the trail.
pub(in crate::identity) fn event(
    app: &App,
    caller: &Caller,
    action: Action,
    id: FactorId,
    (kind, name): (&'static str, &str),
) -> Event {
    let event = Event::by(app.clock.now(), caller, action, resource(id));
    event.with(json!({"kind": kind, "name": name}))
}

/// The same once its person has proved afresh that it is them: whoever took over a session would
/// otherwise add a factor of their own, and prove everything by it afterwards.
///
/// # Errors
/// 403 `step-up-required` until there is a proof.
pub(in crate::identity) async fn proved(
    app: &App,
    caller: &Caller,
    event: Event,
    summary: String,
) -> Result<Event, Problem> {
    let act = Act {
        action: event.action,
        resource: event.resource.ok_or_else(Problem::internal)?,
        detail: event.detail.clone(),
        summary,
    };
    let approval = step_up::demand(app, caller, &act).await?;
    Ok(event.approved(approval))
}

/// A factor, as what something was done to.
pub(in crate::identity) const fn resource(id: FactorId) -> Resource {
    Resource {
        kind: "factor",
        id: id.as_uuid(),
    }
}

/// New recovery codes in place of all earlier ones.
pub(in crate::identity) async fn renew_codes(
    app: &App,
    caller: &Caller,
) -> Result<FreshCodes, Problem> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    accounts::act_as(tx.tenant().connection(), caller.user).await?;
    let enrolled = store::enrolled(tx.tenant().connection(), caller.user).await?;
    if !enrolled.any() {
        return Err(problem::no_factor());
    }
    let codes = fresh_codes(app, &mut tx, caller.user).await?;
    let resource = sessions::account(caller.user);
    let event = Event::by(app.clock.now(), caller, Action::RecoveryCodesMade, resource);
    let event = event.with(json!({"codes": codes.len()}));
    let summary = "Make new recovery codes in place of the earlier ones.".to_owned();
    let event = proved(app, caller, event, summary).await?;
    tx.commit(&app.keys, &event).await?;
    Ok(FreshCodes {
        codes: shown_once(&codes),
    })
}

/// Gives a factor of any kind another name.
pub(in crate::identity) async fn rename(
    app: &App,
    caller: &Caller,
    id: FactorId,
    name: &str,
) -> Result<(), Problem> {
    let name = super::model::factor_name(name)?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, caller.user).await?;
    let whose = (caller.user, id);
    let kind = if store::rename_totp(&mut *connection, whose, &name).await? {
        "totp"
    } else if passkeys::rename(connection, whose, &name).await? {
        "passkey"
    } else {
        return Err(Problem::not_found());
    };
    let event = event(app, caller, Action::FactorRenamed, id, (kind, &name));
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Removes a factor of any kind. The last one stays while an organisation of this person demands one;
/// where it may go, the recovery codes go with it.
pub(in crate::identity) async fn remove(
    app: &App,
    caller: &Caller,
    id: FactorId,
) -> Result<(), Problem> {
    let standing = standing::Standing::of(&app.db, caller.user).await?;
    let demanded = standing.is_some_and(|standing| standing.demands_second_factor());
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, caller.user).await?;
    let removed = take_out(connection, (caller.user, id)).await?;
    let (kind, removed) = removed.ok_or_else(Problem::not_found)?;
    // Whoever removes another one at the same time waits at the account's row, and counts then.
    let left = store::enrolled(&mut *connection, caller.user).await?;
    if removed.counted && !left.any() {
        if demanded {
            return Err(problem::last_factor());
        }
        store::forget_codes(connection, caller.user).await?;
    }
    let named = (kind, removed.name.as_str());
    let event = event(app, caller, Action::FactorRemoved, id, named);
    let summary = format!("Remove the second factor “{}”.", removed.name);
    let event = proved(app, caller, event, summary).await?;
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Removes a factor, whatever its kind.
async fn take_out(
    connection: &mut PgConnection,
    whose: (UserId, FactorId),
) -> Result<Option<(&'static str, Removed)>, DbError> {
    if let Some(removed) = store::remove_totp(&mut *connection, whose).await? {
        return Ok(Some(("totp", removed)));
    }
    let name = passkeys::remove(connection, whose).await?;
    let counted = true;
    Ok(name.map(|name| ("passkey", Removed { name, counted })))
}

async fn fresh_codes(
    app: &App,
    tx: &mut WriteTx,
    user: UserId,
) -> Result<Vec<Redacted<String>>, Problem> {
    let codes = recovery::generate().ok_or_else(Problem::internal)?;
    let digests: Vec<Vec<u8>> = codes
        .iter()
        .filter_map(|code| Some(recovery::digest(user, code.expose())?.to_vec()))
        .collect();
    let now = app.clock.now();
    store::replace_codes(tx.tenant().connection(), user, &digests, now).await?;
    Ok(codes)
}

fn shown_once(codes: &[Redacted<String>]) -> Vec<String> {
    codes.iter().map(|code| code.expose().clone()).collect()
}

/// Takes a recovery code that somebody shows; false when it is none of theirs, or was used.
pub(in crate::identity) async fn take_recovery_code(
    tx: &mut WriteTx,
    user: UserId,
    given: &Redacted<String>,
) -> Result<bool, DbError> {
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, user).await?;
    match recovery::digest(user, given.expose()) {
        Some(digest) => store::take_code(connection, user, &digest).await,
        None => Ok(false),
    }
}
