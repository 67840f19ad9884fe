//! The one way to become a member after an organisation was made: by an invitation, by signing up, by
//! single sign-on, by a directory.

use http::StatusCode;

use super::membership::{Applicant, Person};
use super::store::members as store;
use crate::context::App;
use crate::edge::Problem;
use crate::entitlements;
use crate::identity;
use crate::infra::db::TenantTx;
use crate::kernel::{OrgRole, TeamId, UserId};

/// What somebody comes in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Somebody who manages the organisation, or its directory, asked for this person. Whoever was
    /// removed comes back in this way and in no other.
    Asked,
    /// The policy lets people like this one in.
    Policy,
}

/// Somebody who is to become a member.
#[derive(Clone, Debug)]
pub struct Joining<'a> {
    /// The account; it may have been made in the same transaction.
    pub user: UserId,
    /// What they are to be.
    pub role: OrgRole,
    /// The teams that they join; those that are gone are left out.
    pub teams: &'a [TeamId],
    /// What they come in on.
    pub basis: Basis,
    /// Whether they are a member at once, or wait to be confirmed.
    pub confirm: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// They are a member, and take a seat.
    Confirmed,
    /// They wait to be confirmed, and are nobody until then.
    Waiting,
}

/// Makes somebody a member of the transaction's organisation, or has them wait. The caller records it.
///
/// # Errors
/// 403 `organization-suspended`; 409 `already-member`, `member-deactivated` or `member-removed`, which keep what is; `no-seat-left`;
/// 503 when the database or the cache does not answer.
pub async fn join(app: &App, tx: &mut TenantTx, joining: &Joining<'_>) -> Result<Joined, Problem> {
    store::lock_people(tx).await?;
    if !store::is_open(tx).await? {
        return Err(Problem::suspended());
    }
    match store::person(tx, joining.user).await? {
        Some(Person::Member(_)) => return Err(already_member()),
        Some(Person::Former(former)) if !former.is_removed() => return Err(deactivated()),
        Some(Person::Former(_)) => {
            if joining.basis == Basis::Policy {
                return Err(removed());
            }
            // What they were signed in with before stays over.
            identity::end_sessions(app, joining.user, tx.org()).await?;
        }
        // Who waits does not get past that by asking again.
        Some(Person::Applicant(_)) if joining.basis == Basis::Policy => {
            return Ok(Joined::Waiting);
        }
        Some(Person::Applicant(_)) | None => {}
    }
    let now = app.clock.now();
    let Joining {
        user, role, teams, ..
    } = *joining;
    let applicant = store::apply(tx, user, role, teams, now).await?;
    if !joining.confirm {
        return Ok(Joined::Waiting);
    }
    seat(app, tx, &applicant).await?;
    Ok(Joined::Confirmed)
}

/// Makes an applicant a member, and puts them into their teams.
pub(super) async fn seat(
    app: &App,
    tx: &mut TenantTx,
    applicant: &Applicant,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let granted = app.license.entitlements(now);
    let seat = entitlements::take_seat(tx.connection(), &granted).await?;
    store::confirm(tx, applicant, seat, now).await?;
    Ok(())
}

pub(super) fn already_member() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "already-member",
        "They belong here already",
        "Nobody is a member twice.",
    )
}

pub(super) fn deactivated() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "member-deactivated",
        "They were deactivated here",
        "Somebody who manages the organisation can let them in again.",
    )
}

fn removed() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "member-removed",
        "They were removed from here",
        "Only an invitation leads back.",
    )
}
