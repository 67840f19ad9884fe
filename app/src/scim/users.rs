//! Use cases of users.

use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::change::Change;
use super::document::{checked, says};
use super::error::Error;
use super::filter::Filter;
use super::list::{Collected, ListQuery, Window, response};
use super::matching::fits;
use super::project::Wanted;
use super::schema::{USER, USER_URN};
use super::store::{self, Person, UserPage};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::identity::{self, Email, NewAccount};
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{OrgRole, Redacted, TeamId, Text, UserId};
use crate::orgs::{self, Basis, Joining};

/// How many are fetched at once while a filter is tried.
const BATCH: i64 = 500;

/// Where the API is.
pub(super) fn base(app: &App) -> String {
    format!("{}/scim/v2", app.server.base_url)
}

/// A moment as the protocol writes it.
pub(super) fn moment(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

const fn resource_of(user: UserId) -> Resource {
    Resource {
        kind: "member",
        id: user.as_uuid(),
    }
}

impl Person {
    /// What may be written of a user. Of whom the directory never said anything the account speaks.
    fn document(&self) -> Map<String, Value> {
        let mut document = self.attributes.clone().unwrap_or_else(|| {
            let mut own = Map::new();
            own.insert("displayName".to_owned(), json!(self.name));
            let emails = json!([{"value": self.email, "primary": true}]);
            own.insert("emails".to_owned(), emails);
            own
        });
        let name = self.user_name.as_ref().unwrap_or(&self.email);
        document.insert("userName".to_owned(), json!(name));
        document.insert("active".to_owned(), json!(self.active));
        if let Some(external) = &self.external_id {
            document.insert("externalId".to_owned(), json!(external));
        }
        document
    }

    /// The whole resource.
    fn resource(&self, base: &str, groups: &[(UserId, TeamId, String)]) -> Map<String, Value> {
        let mut resource = self.document();
        let groups: Vec<Value> = groups
            .iter()
            .filter(|(user, _, _)| *user == self.user)
            .map(|(_, team, name)| {
                json!({"value": team, "display": name, "$ref": format!("{base}/Groups/{team}")})
            })
            .collect();
        if !groups.is_empty() {
            resource.insert("groups".to_owned(), json!(groups));
        }
        let meta = json!({
            "resourceType": "User",
            "created": moment(self.created),
            "lastModified": moment(self.updated),
            "location": format!("{base}/Users/{}", self.user),
        });
        resource.insert("schemas".to_owned(), json!([USER_URN]));
        resource.insert("id".to_owned(), json!(self.user));
        resource.insert("meta".to_owned(), meta);
        resource
    }
}

/// Users with the groups that they are in.
async fn resources(
    app: &App,
    tx: &mut TenantTx,
    people: &[Person],
) -> Result<Vec<Map<String, Value>>, Error> {
    let ids: Vec<UserId> = people.iter().map(|person| person.user).collect();
    let groups = store::memberships(tx, &ids).await?;
    let base = base(app);
    Ok(people
        .iter()
        .map(|person| person.resource(&base, &groups))
        .collect())
}

/// One user.
pub(super) async fn read(
    app: &App,
    caller: &Caller,
    user: UserId,
    wanted: &Wanted,
) -> Result<Value, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let person = store::find(&mut tx, user).await?;
    let person = person.ok_or_else(Error::not_found)?;
    let found = resources(app, &mut tx, &[person]).await?;
    tx.finish();
    let found = found.into_iter().next().ok_or_else(Error::not_found)?;
    Ok(wanted.cut(Value::Object(found), USER_URN, USER))
}

/// A list of users.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    query: &ListQuery,
    wanted: &Wanted,
) -> Result<Value, Error> {
    let window = query.window();
    let filter = query.filter.as_deref();
    let filter = filter.map(|text| Filter::parse(text, USER_URN, USER));
    let filter = filter.transpose()?;
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let (total, found) = match &filter {
        None => {
            let people = store::users(&mut tx, &UserPage::of(window)).await?;
            let found = resources(app, &mut tx, &people).await?;
            let found = found.into_iter().map(Value::Object).collect();
            (store::count_users(&mut tx).await?, found)
        }
        Some(filter) => filtered(app, &mut tx, filter, window).await?,
    };
    tx.finish();
    let found: Vec<Value> = found
        .into_iter()
        .map(|resource| wanted.cut(resource, USER_URN, USER))
        .collect();
    Ok(response(total, window.start, &found))
}

/// Tries a filter on all users, in batches; where the filter asks for one name, on those who have it.
async fn filtered(
    app: &App,
    tx: &mut TenantTx,
    filter: &Filter,
    window: Window,
) -> Result<(i64, Vec<Value>), Error> {
    let mut page = UserPage {
        most: BATCH,
        user_name: filter.wants("userName"),
        external_id: filter.wants("externalId"),
        ..UserPage::default()
    };
    let mut collected = Collected::new(window);
    loop {
        let people = store::users(tx, &page).await?;
        collected.tried(people.len())?;
        for resource in resources(app, tx, &people).await? {
            if fits(filter, &resource) {
                collected.take(Value::Object(resource));
            }
        }
        page.after = people.last().map(|person| person.user);
        if page.after.is_none() {
            return Ok((collected.total, collected.resources));
        }
    }
}

/// What is stored of a document that was checked.
struct Said {
    user_name: String,
    external_id: Option<String>,
    active: Option<bool>,
    attributes: Map<String, Value>,
}

impl Said {
    fn of(mut document: Map<String, Value>) -> Result<Self, Error> {
        let mut text = |name: &'static str| match document.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let user_name = text("userName").unwrap_or_default();
        let user_name = Text::line("userName", 1, 254).check(&user_name)?;
        let external_id = text("externalId").filter(|text| !text.is_empty());
        let active = document.remove("active").and_then(|value| value.as_bool());
        Ok(Self {
            user_name,
            external_id,
            active,
            attributes: document,
        })
    }

    /// The address that an account is made with: the primary one, else the first, else the user name.
    fn email(&self) -> Result<Email, Error> {
        let emails = self.attributes.get("emails").and_then(Value::as_array);
        let emails = emails.map(Vec::as_slice).unwrap_or_default();
        let primary = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
        let chosen = emails.iter().find(primary).or_else(|| emails.first());
        let chosen = chosen.and_then(|email| email.get("value"));
        let chosen = chosen.and_then(Value::as_str).unwrap_or(&self.user_name);
        Ok(Email::parse(chosen)?)
    }

    /// The name that an account is made with.
    fn name(&self) -> Result<String, Error> {
        let attributes = &self.attributes;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let part = |part: &str| text(attributes.get("name").and_then(|name| name.get(part)));
        let both = || {
            let names = [part("givenName"), part("familyName")];
            let names: Vec<String> = names.into_iter().flatten().collect();
            (!names.is_empty()).then(|| names.join(" "))
        };
        let name = text(attributes.get("displayName"))
            .or_else(|| part("formatted"))
            .or_else(both)
            .unwrap_or_else(|| self.user_name.clone());
        let short: String = name.chars().take(120).collect();
        Ok(Text::line("displayName", 1, 120).check(&short)?)
    }
}

/// Makes a user: an account that nobody has yet, or somebody who was removed and comes back.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    sent: &Map<String, Value>,
    wanted: &Wanted,
) -> Result<Value, Error> {
    says(sent, USER_URN)?;
    let said = Said::of(checked(sent, USER)?)?;
    let email = said.email()?;
    let mut tx = LookupTx::by_email(&app.db, email.as_str()).await?;
    let known = store::known(&mut tx, email.as_str()).await?;
    tx.finish();
    let now = app.clock.now();
    let (user, account) = match known {
        Some(user) => (user, None),
        None => {
            let account = account(app, &said, email).await?;
            (account.id, Some(account))
        }
    };
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant()).await?;
    if let Some(account) = &account {
        identity::insert_account(tx.tenant().connection(), account, now)
            .await
            .map_err(taken)?;
    } else if !store::was_removed(tx.tenant(), user).await? {
        // Nobody else is taken in without being asked: an account of other organisations is theirs.
        return Err(somebody_else());
    }
    let joining = Joining {
        user,
        role: OrgRole::Member,
        teams: &[],
        basis: Basis::Asked,
        confirm: true,
    };
    orgs::join(app, tx.tenant(), &joining).await?;
    keep(tx.tenant(), user, &said, now).await?;
    if said.active == Some(false) {
        orgs::set_active(app, tx.tenant(), caller, (user, false)).await?;
    }
    let event = Event::by(now, caller, Action::UserProvisioned, resource_of(user));
    let detail = json!({"userName": said.user_name, "active": said.active});
    tx.commit(&app.keys, &event.with(detail)).await?;
    read(app, caller, user, wanted).await
}

/// An account that no password opens: its owner sets one by a reset link, or signs in by single sign-on.
async fn account(app: &App, said: &Said, email: Email) -> Result<NewAccount, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Problem::internal())?;
    let nobody_knows = Redacted::new(hex::encode(bytes));
    let password_hash = identity::hash(app, nobody_knows).await.map_err(|error| {
        tracing::error!(%error, "provisioning");
        Problem::internal()
    })?;
    Ok(NewAccount {
        id: UserId::new(),
        email,
        name: said.name()?,
        password_hash,
    })
}

async fn keep(
    tx: &mut TenantTx,
    user: UserId,
    said: &Said,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let names = (said.user_name.as_str(), said.external_id.as_deref());
    store::put(tx, user, names, &said.attributes, now)
        .await
        .map_err(taken)
}

/// A name or an address that is taken.
fn taken(error: DbError) -> Error {
    match error.constraint() {
        Some("users_email_key" | "scim_users_by_name") => somebody_else(),
        Some(_) | None => error.into(),
    }
}

fn somebody_else() -> Error {
    Error::uniqueness(
        "Somebody has this userName or address already: look them up, or invite them.",
    )
}

/// Changes what the directory says of a user.
pub(super) async fn change(
    app: &App,
    caller: &Caller,
    user: UserId,
    change: Change,
    wanted: &Wanted,
) -> Result<Value, Error> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant()).await?;
    let before = store::find(tx.tenant(), user).await?;
    let before = before.ok_or_else(Error::not_found)?;
    let said = Said::of(change.apply(before.document(), USER_URN, USER)?)?;
    keep(tx.tenant(), user, &said, now).await?;
    // What is not said stays: leaving it out lets nobody in again.
    let active = said.active.unwrap_or(before.active);
    if active != before.active {
        orgs::set_active(app, tx.tenant(), caller, (user, active)).await?;
    } else if before.role.owns() && !caller.role.owns() {
        return Err(Error::forbidden("An admin does not change an owner."));
    }
    let event = Event::by(now, caller, Action::UserReprovisioned, resource_of(user));
    let detail = json!({"userName": said.user_name, "active": active});
    tx.commit(&app.keys, &event.with(detail)).await?;
    read(app, caller, user, wanted).await
}

/// Removes a user from the organisation. The account stays: it may belong elsewhere.
pub(super) async fn delete(app: &App, caller: &Caller, user: UserId) -> Result<StatusCode, Error> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant()).await?;
    let before = store::find(tx.tenant(), user).await?;
    let before = before.ok_or_else(Error::not_found)?;
    orgs::take_out(app, tx.tenant(), caller, user).await?;
    let event = Event::by(now, caller, Action::UserDeprovisioned, resource_of(user));
    let detail = json!({"userName": before.user_name, "role": before.role});
    tx.commit(&app.keys, &event.with(detail)).await?;
    Ok(StatusCode::NO_CONTENT)
}
