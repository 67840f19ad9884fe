//! Members: who is here, and what those who manage the organisation do about them.

use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::join;
use super::membership::{MemberState, Membership, Person};
use super::problem::{self, last_owner};
use super::rules::{self, may_change, may_give};
use super::store::{invitations, members as store};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, ListQuery, Problem};
use crate::entitlements;
use crate::identity::{self, UserView};
use crate::infra::db::TenantTx;
use crate::kernel::{OrgRole, Page, UserId};

/// Somebody who belongs to an organisation, or is about to, or did.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Member)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    /// Who.
    pub user: UserView,
    /// What they are here.
    pub role: OrgRole,
    /// Where they stand.
    pub state: MemberState,
    /// Whether they have a second factor; null to those who manage nobody.
    #[schema(required)]
    pub second_factor: Option<bool>,
    /// Since when they are a member; null before they are confirmed.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub joined_at: Option<OffsetDateTime>,
}

/// A person, as what something was done to.
pub(super) const fn resource(user: UserId) -> Resource {
    Resource {
        kind: "member",
        id: user.as_uuid(),
    }
}

/// A page of them. Whoever manages nobody sees those who are members, and nobody else.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    query: ListQuery,
) -> Result<Page<MemberView>, Problem> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let everybody = caller.role.manages();
    let rows = store::list(&mut tx, everybody, query.cursor, query.limit).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |member| {
        member.user.id.as_uuid()
    }))
}

/// Two people in a transaction that lets nobody else change any meanwhile: the one who acts, as they
/// are at this moment, and the one whom they act on.
pub(super) struct Pair {
    pub(super) tx: WriteTx,
    pub(super) own: Membership,
    pub(super) other: Person,
}

impl Pair {
    /// Looks both up. Whoever was removed is nobody any more.
    pub(super) async fn of(app: &App, caller: &Caller, user: UserId) -> Result<Self, Problem> {
        let mut tx = WriteTx::begin(&app.db, caller.org).await?;
        store::lock_people(tx.tenant()).await?;
        let own = store::membership(tx.tenant(), caller.user).await?;
        let own = own.ok_or_else(Problem::forbidden)?;
        let other = store::person(tx.tenant(), user).await?;
        let other = other.filter(|other| !matches!(other, Person::Former(f) if f.is_removed()));
        let other = other.ok_or_else(Problem::not_found)?;
        if !may_change(own.role(), other.role()) {
            return Err(Problem::forbidden());
        }
        Ok(Self { tx, own, other })
    }

    /// The same, but nobody does this to themselves.
    async fn of_two(app: &App, caller: &Caller, user: UserId) -> Result<Self, Problem> {
        if caller.user == user {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "own-membership",
                "This is you",
                "Leave the organisation instead, or have somebody else do it.",
            ));
        }
        Self::of(app, caller, user).await
    }

    /// Demands a fresh proof of what was done in the transaction, and keeps it then. What cannot be done
    /// was refused before: nobody proves themselves in vain.
    pub(super) async fn prove_and_commit(
        self,
        app: &App,
        caller: &Caller,
        act: Act,
    ) -> Result<(), Problem> {
        let approval = step_up::demand(app, caller, &act).await?;
        let event = Event::by(app.clock.now(), caller, act.action, act.resource);
        let event = event.with(act.detail).approved(approval);
        Ok(self.tx.commit(&app.keys, &event).await?)
    }

    /// Keeps what was done.
    async fn commit(
        self,
        app: &App,
        caller: &Caller,
        action: Action,
        detail: serde_json::Value,
    ) -> Result<(), Problem> {
        let resource = resource(self.other.user());
        let event = Event::by(app.clock.now(), caller, action, resource).with(detail);
        Ok(self.tx.commit(&app.keys, &event).await?)
    }
}

/// A role in a sentence.
const fn in_words(role: OrgRole) -> &'static str {
    match role {
        OrgRole::Member => "a member",
        OrgRole::Admin => "an admin",
        OrgRole::Owner => "an owner",
    }
}

/// Gives somebody another role. Invitations that they could no longer send are void.
pub(super) async fn change_role(
    app: &App,
    caller: &Caller,
    user: UserId,
    role: OrgRole,
) -> Result<(), Problem> {
    let mut pair = Pair::of(app, caller, user).await?;
    if !may_give(pair.own.role(), role) {
        return Err(Problem::forbidden());
    }
    let from = pair.other.role();
    let tx = pair.tx.tenant();
    store::set_role(tx, &pair.other, role)
        .await
        .map_err(last_owner)?;
    invitations::withdraw_beyond(tx, user, &rules::beyond(Some(role))).await?;
    let name = store::name(tx, user).await?;
    let act = Act {
        action: Action::MemberRoleChanged,
        resource: resource(user),
        detail: json!({"from": from, "role": role}),
        summary: format!(
            "Make {name} {}, who is {} now.",
            in_words(role),
            in_words(from)
        ),
    };
    pair.prove_and_commit(app, caller, act).await
}

/// Makes somebody a member who has accepted: now they take a seat.
pub(super) async fn confirm(app: &App, caller: &Caller, user: UserId) -> Result<(), Problem> {
    let mut pair = Pair::of(app, caller, user).await?;
    let Person::Applicant(applicant) = &pair.other else {
        return Err(problem::not_in_this_state(
            "Nothing waits for you to confirm.",
        ));
    };
    join::seat(app, pair.tx.tenant(), applicant).await?;
    let detail = json!({"role": pair.other.role()});
    pair.commit(app, caller, Action::MemberConfirmed, detail)
        .await
}

/// Takes somebody's rights, at once: a session is looked up with the membership, request by request.
pub(super) async fn deactivate(app: &App, caller: &Caller, user: UserId) -> Result<(), Problem> {
    let mut pair = Pair::of_two(app, caller, user).await?;
    let Person::Member(member) = &pair.other else {
        return Err(problem::not_in_this_state("They are no member now."));
    };
    let tx = pair.tx.tenant();
    store::deactivate(tx, member).await.map_err(last_owner)?;
    invitations::withdraw_beyond(tx, user, &rules::beyond(None)).await?;
    let detail = json!({"role": pair.other.role()});
    pair.commit(app, caller, Action::MemberDeactivated, detail)
        .await?;
    tidy_sessions(app, caller, user).await;
    Ok(())
}

/// Lets somebody in again who was deactivated, if there is a seat. What they were signed in with
/// before stays over.
pub(super) async fn reactivate(app: &App, caller: &Caller, user: UserId) -> Result<(), Problem> {
    let mut pair = Pair::of_two(app, caller, user).await?;
    let Person::Former(former) = &pair.other else {
        return Err(problem::not_in_this_state("They are not deactivated."));
    };
    let now = app.clock.now();
    let tx = pair.tx.tenant();
    let seat = entitlements::take_seat(tx.connection(), &app.license.entitlements(now)).await?;
    store::reactivate(tx, former, seat).await?;
    identity::end_sessions(app, user, caller.org).await?;
    let detail = json!({"role": pair.other.role()});
    pair.commit(app, caller, Action::MemberReactivated, detail)
        .await
}

/// Takes everything that somebody has here, for good.
pub(super) async fn remove(app: &App, caller: &Caller, user: UserId) -> Result<(), Problem> {
    let mut pair = Pair::of_two(app, caller, user).await?;
    let tx = pair.tx.tenant();
    store::remove(tx, &pair.other, app.clock.now())
        .await
        .map_err(last_owner)?;
    invitations::withdraw_beyond(tx, user, &rules::beyond(None)).await?;
    let name = store::name(tx, user).await?;
    let act = Act {
        action: Action::MemberRemoved,
        resource: resource(user),
        detail: json!({"role": pair.other.role()}),
        summary: format!("Remove {name} from the organisation."),
    };
    pair.prove_and_commit(app, caller, act).await?;
    tidy_sessions(app, caller, user).await;
    Ok(())
}

/// Sessions of somebody who is no member open nothing already; here they are forgotten, too. The
/// cache may be away: whoever lets the person in again forgets them first.
pub(super) async fn tidy_sessions(app: &App, caller: &Caller, user: UserId) {
    if identity::end_sessions(app, user, caller.org).await.is_err() {
        tracing::warn!("sessions of a former member are forgotten later");
    }
}
