//! Use cases of groups: teams, as a directory makes them.
//!
//! Whoever the directory puts into a group is a viewer in the team; whoever was in it already keeps
//! their role. A team that the directory made has no owner of its own until those who manage the
//! organisation give it one.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::change::Change;
use super::document::{checked, says};
use super::error::Error;
use super::filter::Filter;
use super::list::{Collected, ListQuery, Window, response};
use super::matching::fits;
use super::project::Wanted;
use super::schema::{GROUP, GROUP_URN};
use super::store::{self, Group, GroupPage};
use super::users::{base, moment};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::Caller;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{TeamId, Text, UserId, VaultRole};
use crate::teams;

/// How many are fetched at once while a filter is tried.
const BATCH: i64 = 100;

const fn resource_of(group: TeamId) -> Resource {
    Resource {
        kind: "team",
        id: group.as_uuid(),
    }
}

fn member(base: &str, user: UserId) -> Value {
    json!({"value": user, "type": "User", "$ref": format!("{base}/Users/{user}")})
}

/// A group as it is sent.
fn resource(group: &Group, members: &[(TeamId, UserId)], base: &str) -> Map<String, Value> {
    let mut resource = Map::new();
    let location = format!("{base}/Groups/{}", group.id);
    let meta = json!({
        "resourceType": "Group",
        "created": moment(group.created_at),
        "lastModified": moment(group.updated_at),
        "location": location,
    });
    resource.insert("schemas".to_owned(), json!([GROUP_URN]));
    resource.insert("id".to_owned(), json!(group.id));
    resource.insert("meta".to_owned(), meta);
    resource.insert("displayName".to_owned(), json!(group.name));
    if let Some(external) = &group.external_id {
        resource.insert("externalId".to_owned(), json!(external));
    }
    let members: Vec<Value> = members
        .iter()
        .filter(|(of, _)| *of == group.id)
        .map(|(_, user)| member(base, *user))
        .collect();
    if !members.is_empty() {
        resource.insert("members".to_owned(), json!(members));
    }
    resource
}

async fn resources(
    app: &App,
    tx: &mut TenantTx,
    groups: &[Group],
    with_members: bool,
) -> Result<Vec<Map<String, Value>>, Error> {
    let ids: Vec<TeamId> = groups.iter().map(|group| group.id).collect();
    let members = if with_members {
        store::members(tx, &ids).await?
    } else {
        Vec::new()
    };
    let base = base(app);
    Ok(groups
        .iter()
        .map(|group| resource(group, &members, &base))
        .collect())
}

async fn find(tx: &mut TenantTx, group: TeamId) -> Result<Group, Error> {
    let page = GroupPage {
        only: Some(group),
        most: 1,
        ..GroupPage::default()
    };
    let found = store::groups(tx, &page).await?;
    found.into_iter().next().ok_or_else(Error::not_found)
}

/// One group.
pub(super) async fn read(
    app: &App,
    caller: &Caller,
    group: TeamId,
    wanted: &Wanted,
) -> Result<Value, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let group = find(&mut tx, group).await?;
    let found = resources(app, &mut tx, &[group], wanted.wants("members")).await?;
    tx.finish();
    let found = found.into_iter().next().ok_or_else(Error::not_found)?;
    Ok(wanted.cut(Value::Object(found), GROUP_URN, GROUP))
}

/// A list of groups.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    query: &ListQuery,
    wanted: &Wanted,
) -> Result<Value, Error> {
    let window = query.window();
    let filter = query.filter.as_deref();
    let filter = filter.map(|text| Filter::parse(text, GROUP_URN, GROUP));
    let filter = filter.transpose()?;
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let (total, found) = match &filter {
        None => {
            let groups = store::groups(&mut tx, &GroupPage::of(window)).await?;
            let with_members = wanted.wants("members");
            let found = resources(app, &mut tx, &groups, with_members).await?;
            let found = found.into_iter().map(Value::Object).collect();
            (store::count_groups(&mut tx).await?, found)
        }
        Some(filter) => filtered(app, &mut tx, filter, window).await?,
    };
    tx.finish();
    let found: Vec<Value> = found
        .into_iter()
        .map(|resource| wanted.cut(resource, GROUP_URN, GROUP))
        .collect();
    Ok(response(total, window.start, &found))
}

async fn filtered(
    app: &App,
    tx: &mut TenantTx,
    filter: &Filter,
    window: Window,
) -> Result<(i64, Vec<Value>), Error> {
    let mut page = GroupPage {
        most: BATCH,
        name: filter.wants("displayName"),
        external_id: filter.wants("externalId"),
        ..GroupPage::default()
    };
    let mut collected = Collected::new(window);
    loop {
        let groups = store::groups(tx, &page).await?;
        collected.tried(groups.len())?;
        for resource in resources(app, tx, &groups, true).await? {
            if fits(filter, &resource) {
                collected.take(Value::Object(resource));
            }
        }
        page.after = groups.last().map(|group| group.id);
        if page.after.is_none() {
            return Ok((collected.total, collected.resources));
        }
    }
}

/// What is stored of a document that was checked.
struct Said {
    name: String,
    external_id: Option<String>,
    members: BTreeSet<UserId>,
}

impl Said {
    fn of(document: &Map<String, Value>) -> Result<Self, Error> {
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let name = text("displayName").unwrap_or_default();
        let name = Text::line("displayName", 1, 120).check(name)?;
        let external_id = text("externalId").filter(|text| !text.is_empty());
        let members = document.get("members").and_then(Value::as_array);
        let members = members.map(Vec::as_slice).unwrap_or_default();
        let members: Option<BTreeSet<UserId>> = members
            .iter()
            .map(|member| {
                let value = member.get("value").and_then(Value::as_str)?;
                Some(UserId::from_uuid(Uuid::try_parse(value).ok()?))
            })
            .collect();
        Ok(Self {
            name,
            external_id: external_id.map(str::to_owned),
            members: members.ok_or_else(no_user)?,
        })
    }
}

/// One of many who is no user here spoils all of it, and is not named: what is whose elsewhere is
/// nobody's business.
fn no_user() -> Error {
    Error::value("A member is no user of this organisation.")
}

fn taken(error: DbError) -> Error {
    match error.constraint() {
        Some("teams_by_name") => Error::uniqueness("Another group is called the same."),
        Some(_) | None => error.into(),
    }
}

/// Makes a group.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    sent: &Map<String, Value>,
    wanted: &Wanted,
) -> Result<Value, Error> {
    says(sent, GROUP_URN)?;
    let said = Said::of(&checked(sent, GROUP)?)?;
    let (id, now) = (TeamId::new(), app.clock.now());
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant()).await?;
    teams::insert(tx.tenant(), id, (&said.name, ""), now)
        .await
        .map_err(taken)?;
    let added = put_members(app, tx.tenant(), id, &said.members, &BTreeSet::new()).await?;
    store::put_external_id(tx.tenant(), id, said.external_id.as_deref()).await?;
    let event = Event::by(now, caller, Action::TeamCreated, resource_of(id));
    let detail = json!({"name": said.name, "by": "scim", "added": added});
    tx.commit(&app.keys, &event.with(detail)).await?;
    read(app, caller, id, wanted).await
}

/// Changes a group.
pub(super) async fn change(
    app: &App,
    caller: &Caller,
    id: TeamId,
    change: Change,
    wanted: &Wanted,
) -> Result<Value, Error> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant()).await?;
    let group = find(tx.tenant(), id).await?;
    let members = store::members(tx.tenant(), &[id]).await?;
    let document = resource(&group, &members, &base(app));
    let said = Said::of(&change.apply(document, GROUP_URN, GROUP)?)?;
    let before: BTreeSet<UserId> = members.into_iter().map(|(_, user)| user).collect();
    teams::update(tx.tenant(), id, (Some(&said.name), None), now)
        .await
        .map_err(taken)?;
    let added = put_members(app, tx.tenant(), id, &said.members, &before).await?;
    let removed: Vec<UserId> = before.difference(&said.members).copied().collect();
    for user in &removed {
        teams::drop_member(tx.tenant(), id, *user).await?;
    }
    store::put_external_id(tx.tenant(), id, said.external_id.as_deref()).await?;
    let event = Event::by(now, caller, Action::TeamUpdated, resource_of(id));
    let detail = json!({"name": said.name, "by": "scim", "added": added, "removed": removed});
    tx.commit(&app.keys, &event.with(detail)).await?;
    read(app, caller, id, wanted).await
}

/// Puts those into a team who were not in it. All of them are users of this organisation, or none comes
/// in.
async fn put_members(
    app: &App,
    tx: &mut TenantTx,
    team: TeamId,
    wanted: &BTreeSet<UserId>,
    before: &BTreeSet<UserId>,
) -> Result<Vec<UserId>, Error> {
    let new: Vec<UserId> = wanted.difference(before).copied().collect();
    if store::users_among(tx, &new).await?.len() != new.len() {
        return Err(no_user());
    }
    for user in &new {
        let now = app.clock.now();
        teams::put_member(tx, team, *user, VaultRole::Viewer, now).await?;
    }
    Ok(new)
}

/// Deletes a group. Those in it stay members of the organisation.
pub(super) async fn delete(app: &App, caller: &Caller, id: TeamId) -> Result<StatusCode, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let group = find(tx.tenant(), id).await?;
    teams::delete(tx.tenant(), id).await?;
    let now = app.clock.now();
    let event = Event::by(now, caller, Action::TeamDeleted, resource_of(id));
    let detail = json!({"name": group.name, "by": "scim"});
    tx.commit(&app.keys, &event.with(detail)).await?;
    Ok(StatusCode::NO_CONTENT)
}
