//! Leaving, and handing over before that.

use serde_json::json;

use super::members::{self, resource};
use super::membership::Person;
use super::problem::{last_owner, not_in_this_state};
use super::rules;
use super::store::{invitations, members as store};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::kernel::{OrgRole, UserId};

/// Leaves the organisation: whoever goes has nothing here afterwards. The last owner hands over first.
pub(super) async fn leave(app: &App, caller: &Caller) -> Result<(), Problem> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock_people(tx.tenant()).await?;
    let own = store::person(tx.tenant(), caller.user).await?;
    let own = own.ok_or_else(Problem::not_found)?;
    let now = app.clock.now();
    store::remove(tx.tenant(), &own, now)
        .await
        .map_err(last_owner)?;
    invitations::withdraw_beyond(tx.tenant(), caller.user, &rules::beyond(None)).await?;
    let event = Event::by(now, caller, Action::MemberLeft, resource(caller.user));
    tx.commit(&app.keys, &event.with(json!({"role": own.role()})))
        .await?;
    members::tidy_sessions(app, caller, caller.user).await;
    Ok(())
}

/// Makes another member an owner and the one who did so an admin, in one step.
pub(super) async fn transfer(app: &App, caller: &Caller, to: UserId) -> Result<(), Problem> {
    let mut pair = members::Pair::of(app, caller, to).await?;
    if !pair.own.role().owns() {
        return Err(Problem::forbidden());
    }
    if !matches!(pair.other, Person::Member(_)) || to == caller.user {
        return Err(not_in_this_state("Hand over to another member."));
    }
    let tx = pair.tx.tenant();
    store::set_role(tx, &pair.other, OrgRole::Owner).await?;
    store::set_role(tx, &Person::Member(pair.own), OrgRole::Admin)
        .await
        .map_err(last_owner)?;
    let beyond = rules::beyond(Some(OrgRole::Admin));
    invitations::withdraw_beyond(tx, caller.user, &beyond).await?;
    let now = app.clock.now();
    let event = Event::by(now, caller, Action::OrganizationTransferred, resource(to));
    Ok(pair.tx.commit(&app.keys, &event).await?)
}
