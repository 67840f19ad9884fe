//! What a sign-in changes by the groups of whoever comes: the role in the organisation, and who is in
//! which team. Owners, of the organisation and of teams, stay what they are.

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::mapping;
use super::model::Connection;
use super::problem::Refusal;
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem};
use crate::identity::account_resource;
use crate::infra::db::TenantTx;
use crate::kernel::{Factors, OrgRole, TeamId, UserId, VaultRole};
use crate::{orgs, teams};

/// From one role to another.
#[derive(Debug, Serialize)]
struct RoleChange {
    from: OrgRole,
    role: OrgRole,
}

/// From one role in a team to another, or into it, or out of it.
#[derive(Clone, Copy, Debug, Serialize)]
struct TeamChange {
    team: TeamId,
    from: Option<VaultRole>,
    role: Option<VaultRole>,
}

/// Applies somebody's groups, with an entry of its own in the trail where that changes something.
pub(super) async fn apply(
    app: &App,
    connection: &Connection,
    groups: &[String],
    (user, origin): (UserId, Origin),
) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, connection.org).await?;
    let role = give_role(tx.tenant(), connection, groups, user).await?;
    let teams = put_into_teams(tx.tenant(), connection, groups, (user, now)).await?;
    if role.is_none() && teams.is_empty() {
        return Ok(());
    }
    let event = Event::new(now, user, Action::SsoGroupsApplied, account_resource(user))
        .with(json!({"role": role, "teams": teams}))
        .from(origin, Factors::SSO);
    Ok(tx.commit(&app.keys, &event).await?)
}

async fn give_role(
    tx: &mut TenantTx,
    connection: &Connection,
    groups: &[String],
    user: UserId,
) -> Result<Option<RoleChange>, Refusal> {
    let wanted = mapping::role(connection.default_role, &connection.mappings, groups);
    let Some(role) = wanted else {
        return Ok(None);
    };
    let given = orgs::give_role(tx, user, role).await;
    let from = given.map_err(|problem| match problem.code() {
        "forbidden" => Refusal::NotAdmitted("the membership is not in force"),
        _ => problem.into(),
    })?;
    Ok((from != role && !from.owns()).then_some(RoleChange { from, role }))
}

/// Only teams where something is to change are locked, and looked at again then: whoever owns one by
/// that time stays its owner.
async fn put_into_teams(
    tx: &mut TenantTx,
    connection: &Connection,
    groups: &[String],
    (user, now): (UserId, OffsetDateTime),
) -> Result<Vec<TeamChange>, Problem> {
    let mut wanted = mapping::teams(&connection.mappings, groups);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let before = teams::roles(tx, user).await?;
    wanted.retain(|team, role| role_in(&before, *team) != *role);
    let mut there = Vec::new();
    for team in wanted.keys().copied() {
        // One that was deleted a moment ago is in no mapping any more.
        if teams::lock(tx, team).await? {
            there.push(team);
        }
    }
    wanted.retain(|team, _| there.contains(team));
    let before = teams::roles(tx, user).await?;
    let mut changes = Vec::new();
    for (team, role) in wanted {
        let from = role_in(&before, team);
        if from == role || from == Some(VaultRole::Owner) {
            continue;
        }
        match role {
            Some(role) => teams::put_member(tx, team, user, role, now).await?,
            None => teams::drop_member(tx, team, user).await?,
        }
        changes.push(TeamChange { team, from, role });
    }
    Ok(changes)
}

fn role_in(roles: &[(TeamId, VaultRole)], team: TeamId) -> Option<VaultRole> {
    let found = roles.iter().find(|(other, _)| *other == team);
    found.map(|(_, role)| *role)
}
