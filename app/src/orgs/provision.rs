//! What an organisation's directory or identity provider does about its people, inside a transaction of
//! its own, which records it. The rules are those of people: a directory touches nobody whom its token's
//! maker could not change by hand, and a provider no owner.

use super::membership::Person;
use super::problem::{last_owner, not_in_this_state};
use super::rules::{self, may_change};
use super::store::{invitations, members as store};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::entitlements;
use crate::identity;
use crate::infra::db::TenantTx;
use crate::kernel::{OrgRole, UserId};

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

/// Gives a member the role that their groups give, and says which they had. Owners stay owners, and
/// nobody becomes one in this way. Invitations that the member could no longer send are void.
///
/// # Errors
/// 403 for somebody who is no confirmed member at this moment; 503 when the database does not answer.
pub async fn give_role(tx: &mut TenantTx, user: UserId, role: OrgRole) -> Result<OrgRole, Problem> {
    store::lock_people(tx).await?;
    let Some(person @ Person::Member(_)) = store::person(tx, user).await? else {
        return Err(Problem::forbidden());
    };
    let before = person.role();
    if !before.owns() && !role.owns() && before != role {
        store::set_role(tx, &person, role).await?;
        invitations::withdraw_beyond(tx, user, &rules::beyond(Some(role))).await?;
    }
    Ok(before)
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
