//! What an organisation's directory does about its people, inside a transaction of the directory's own,
//! which records it. The rules are those of people: nobody touches whom they could not change by hand.

use super::membership::Person;
use super::problem::{last_owner, not_in_this_state};
use super::rules::{self, may_change};
use super::store::{invitations, members as store};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::entitlements;
use crate::identity;
use crate::infra::db::TenantTx;
use crate::kernel::UserId;

/// Takes somebody's rights, or lets them in again who was deactivated, if there is a seat.
///
/// # Errors
/// 403 for somebody above the caller; 404 for somebody who is not here; 409 `last-owner`,
/// `member-state`, `no-seat-left`; 503 when the database or the cache does not answer.
pub async fn set_active(
    app: &App,
    tx: &mut TenantTx,
    caller: &Caller,
    (user, active): (UserId, bool),
) -> Result<(), Problem> {
    let person = somebody(tx, caller, user).await?;
    match (&person, active) {
        (Person::Member(_), true) | (Person::Former(_), false) => Ok(()),
        (Person::Member(member), false) => {
            store::deactivate(tx, member).await.map_err(last_owner)?;
            Ok(invitations::withdraw_beyond(tx, user, &rules::beyond(None)).await?)
        }
        (Person::Former(former), true) => {
            let granted = app.license.entitlements(app.clock.now());
            let seat = entitlements::take_seat(tx.connection(), &granted).await?;
            store::reactivate(tx, former, seat).await?;
            // What they were signed in with before stays over.
            identity::end_sessions(app, user, tx.org()).await
        }
        (Person::Applicant(_), _) => Err(not_in_this_state("They are no member yet.")),
    }
}

/// Takes everything that somebody has here, for good.
///
/// # Errors
/// As for [`set_active`].
pub async fn take_out(
    app: &App,
    tx: &mut TenantTx,
    caller: &Caller,
    user: UserId,
) -> Result<(), Problem> {
    let person = somebody(tx, caller, user).await?;
    let now = app.clock.now();
    store::remove(tx, &person, now).await.map_err(last_owner)?;
    Ok(invitations::withdraw_beyond(tx, user, &rules::beyond(None)).await?)
}

/// Somebody whom the caller may change, while nobody else changes any.
async fn somebody(tx: &mut TenantTx, caller: &Caller, user: UserId) -> Result<Person, Problem> {
    store::lock_people(tx).await?;
    let own = store::membership(tx, caller.user).await?;
    let own = own.ok_or_else(Problem::forbidden)?;
    let other = store::person(tx, user).await?;
    let other = other.filter(|other| !matches!(other, Person::Former(f) if f.is_removed()));
    let other = other.ok_or_else(Problem::not_found)?;
    if may_change(own.role(), other.role()) {
        Ok(other)
    } else {
        Err(Problem::forbidden())
    }
}
