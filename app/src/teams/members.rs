//! Who is in a team.

use serde_json::json;

use super::access::demand;
use super::model::TeamMember;
use super::problem::{Error, of_constraint};
use super::service::resource;
use super::store::{self, Standing};
use crate::audit::{Action, Event, WriteTx};
use crate::authz::GateKind;
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Page, TeamId, UserId, VaultRole};

/// One page of a team's members, in the order of their accounts.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    team: TeamId,
    query: ListQuery,
) -> Result<Page<TeamMember>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    demand(&mut tx, caller, team, GateKind::Read).await?;
    let rows = store::members(&mut tx, team, query.cursor, query.limit).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |member| {
        member.user.id.as_uuid()
    }))
}

/// Takes somebody into a team, or gives them another role there. Nobody gives a role that is above
/// their own, or changes somebody's who is above them.
pub(super) async fn put(
    app: &App,
    caller: &Caller,
    (team, user): (TeamId, UserId),
    role: VaultRole,
) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant(), team).await?;
    let own = demand(tx.tenant(), caller, team, GateKind::ManageMembers).await?;
    if !store::is_member_of_organization(tx.tenant(), user).await? {
        return Err(Error::NotFound);
    }
    let before = role_of(tx.tenant(), team, user).await?;
    if role > own || before > Some(own) {
        return Err(Error::Forbidden);
    }
    if before == Some(role) {
        return Ok(());
    }
    store::put_member(tx.tenant(), team, user, role, now)
        .await
        .map_err(of_constraint)?;
    keeps_an_owner(tx.tenant(), team, before).await?;
    let action = match before {
        None => Action::TeamMemberAdded,
        Some(_) => Action::TeamMemberChanged,
    };
    let detail = json!({"user": user, "role": role, "before": before});
    let event = Event::by(now, caller, action, resource(team)).with(detail);
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Takes somebody out of a team. Everybody may leave one that they are in.
pub(super) async fn drop(
    app: &App,
    caller: &Caller,
    (team, user): (TeamId, UserId),
) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant(), team).await?;
    let gate = if user == caller.user {
        GateKind::Read
    } else {
        GateKind::ManageMembers
    };
    let own = demand(tx.tenant(), caller, team, gate).await?;
    let before = role_of(tx.tenant(), team, user).await?;
    let before = before.ok_or(Error::NotFound)?;
    if before > own {
        return Err(Error::Forbidden);
    }
    store::drop_member(tx.tenant(), team, user).await?;
    keeps_an_owner(tx.tenant(), team, Some(before)).await?;
    let now = app.clock.now();
    let event = Event::by(now, caller, Action::TeamMemberRemoved, resource(team))
        .with(json!({"user": user, "before": before}));
    Ok(tx.commit(&app.keys, &event).await?)
}

async fn role_of(
    tx: &mut TenantTx,
    team: TeamId,
    user: UserId,
) -> Result<Option<VaultRole>, Error> {
    Ok(match store::role(tx, team, user).await? {
        Standing::In(role) => Some(role),
        Standing::Outside | Standing::NoTeam => None,
    })
}

/// A team whose owner loses that role keeps another one. The team is locked, so that of two owners
/// who leave at once one stays.
async fn keeps_an_owner(
    tx: &mut TenantTx,
    team: TeamId,
    before: Option<VaultRole>,
) -> Result<(), Error> {
    if before == Some(VaultRole::Owner) && !store::has_owner(tx, team).await? {
        return Err(Error::LastOwner);
    }
    Ok(())
}
