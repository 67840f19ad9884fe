//! Use cases of teams.

use serde_json::json;

use super::access::demand;
use super::model::Team;
use super::problem::{Error, of_constraint};
use super::store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::GateKind;
use crate::context::App;
use crate::edge::{Caller, IdempotencyKey, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Page, TeamId, Text, VaultRole};
use crate::once::{Made, Once, OnceError};

const NAME: Text = Text::line("name", 1, 120);
const DESCRIPTION: Text = Text::lines("description", 1000);

pub(super) const fn resource(team: TeamId) -> Resource {
    Resource {
        kind: "team",
        id: team.as_uuid(),
    }
}

/// One page of the teams that somebody sees, newest first.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    query: ListQuery,
) -> Result<Page<Team>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let all = caller.role.manages();
    let rows = store::list(&mut tx, (caller.user, all), query.cursor, query.limit).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |team| team.id.as_uuid()))
}

/// One team.
pub(super) async fn read(app: &App, caller: &Caller, team: TeamId) -> Result<Team, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    demand(&mut tx, caller, team, GateKind::Read).await?;
    let found = store::team(&mut tx, team, caller.user).await?;
    tx.finish();
    found.ok_or(Error::NotFound)
}

/// Makes a team, of which whoever makes it is the first owner.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    (name, description): (&str, &str),
    key: &IdempotencyKey,
) -> Result<Team, Error> {
    let (name, description) = (NAME.check(name)?, DESCRIPTION.check(description)?);
    let once = Once::of(app, caller, key, ("team", &(&name, &description)))?;
    let (id, now) = (TeamId::new(), app.clock.now());
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let making = Made::of(id.as_uuid());
    if let Some(before) = once.claim(tx.tenant(), &making).await? {
        drop(tx);
        return match read(app, caller, TeamId::from_uuid(before.id)).await {
            Err(Error::NotFound) => Err(OnceError::MadeBefore.into()),
            found => found,
        };
    }
    store::insert(tx.tenant(), id, (&name, &description), now)
        .await
        .map_err(of_constraint)?;
    store::put_member(tx.tenant(), id, caller.user, VaultRole::Owner, now)
        .await
        .map_err(of_constraint)?;
    let event = Event::by(now, caller, Action::TeamCreated, resource(id));
    tx.commit(&app.keys, &event.with(json!({"name": name})))
        .await?;
    read(app, caller, id).await
}

/// Changes what a team is called or is for.
pub(super) async fn update(
    app: &App,
    caller: &Caller,
    team: TeamId,
    (name, description): (Option<&str>, Option<&str>),
) -> Result<Team, Error> {
    let name = name.map(|text| NAME.check(text)).transpose()?;
    let description = description
        .map(|text| DESCRIPTION.check(text))
        .transpose()?;
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    demand(tx.tenant(), caller, team, GateKind::ManageVault).await?;
    let change = (name.as_deref(), description.as_deref());
    store::update(tx.tenant(), team, change, now)
        .await
        .map_err(of_constraint)?;
    let event = Event::by(now, caller, Action::TeamUpdated, resource(team));
    let detail = json!({"name": name, "descriptionChanged": description.is_some()});
    tx.commit(&app.keys, &event.with(detail)).await?;
    read(app, caller, team).await
}

/// Deletes a team. Its members stay members of the organisation.
pub(super) async fn delete(app: &App, caller: &Caller, team: TeamId) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    demand(tx.tenant(), caller, team, GateKind::ManageVault).await?;
    let gone = store::team(tx.tenant(), team, caller.user).await?;
    let gone = gone.ok_or(Error::NotFound)?;
    store::delete(tx.tenant(), team).await?;
    let now = app.clock.now();
    let event = Event::by(now, caller, Action::TeamDeleted, resource(team))
        .with(json!({"name": gone.name, "members": gone.member_count}));
    Ok(tx.commit(&app.keys, &event).await?)
}
