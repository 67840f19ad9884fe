//! Organisations in figures, and the people in them by name.

use serde::Serialize;
use serde_json::json;

use super::model::TenantView;
use super::standing::State;
use super::store;
use super::store_people::{self, Belonging};
use crate::context::App;
use crate::edge::{ListQuery, Problem};
use crate::identity::Email;
use crate::infra::db::{DbError, LookupTx, PlatformTx, TenantTx};
use crate::kernel::{OrgId, OrgRole, Page, UserId};
use crate::operators::Operator;
use crate::platform::{self, Action, Event};

/// Somebody in an organisation.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlatformPerson)]
pub(super) struct PersonView {
    /// The account.
    pub(super) id: UserId,
    /// The person's name.
    pub(super) name: String,
    /// The address they sign in with.
    pub(super) email: String,
    /// What they are there.
    pub(super) role: OrgRole,
    /// `invited`, `accepted`, `confirmed` or `revoked`.
    pub(super) state: String,
}

/// Where somebody belongs.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlatformMembership)]
pub(super) struct PlaceView {
    /// Which organisation.
    id: OrgId,
    /// Its name.
    name: String,
    /// Where it stands itself.
    standing: State,
    /// What they are there.
    role: OrgRole,
    /// `invited`, `accepted`, `confirmed` or `revoked`.
    state: String,
}

/// A person, and everywhere that they belong.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlatformAccount)]
pub(super) struct AccountView {
    /// The account.
    id: UserId,
    /// The person's name.
    name: String,
    /// The address they sign in with.
    email: String,
    /// Where they belong, or did.
    organizations: Vec<PlaceView>,
}

/// A page of organisations; each figure comes from inside its own tenant transaction.
pub(super) async fn page(
    app: &App,
    words: &str,
    query: ListQuery,
) -> Result<Page<TenantView>, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let rows = store::page(tx.connection(), words, (query.cursor, query.limit)).await?;
    tx.finish();
    let page = Page::cut(rows, query.limit, |tenant| tenant.id.as_uuid());
    let mut items = Vec::new();
    for tenant in page.items {
        let mut tx = TenantTx::begin(&app.db, tenant.id).await?;
        let figures = store::figures(&mut tx).await?;
        tx.finish();
        items.push(TenantView::of(tenant, figures));
    }
    Ok(Page {
        items,
        next_cursor: page.next_cursor,
    })
}

/// One organisation.
pub(super) async fn one(app: &App, id: OrgId) -> Result<TenantView, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let tenant = store::one(tx.connection(), id).await?;
    tx.finish();
    let tenant = tenant.ok_or_else(Problem::not_found)?;
    let mut tx = TenantTx::begin(&app.db, id).await?;
    let figures = store::figures(&mut tx).await?;
    tx.finish();
    Ok(TenantView::of(tenant, figures))
}

/// Whether there is such an organisation.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn exists(app: &App, id: OrgId) -> Result<bool, DbError> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let tenant = store::one(tx.connection(), id).await?;
    tx.finish();
    Ok(tenant.is_some())
}

/// The people of an organisation, by name. That somebody looked is recorded.
pub(super) async fn of(
    app: &App,
    operator: &Operator,
    (id, query): (OrgId, ListQuery),
) -> Result<Page<PersonView>, Problem> {
    let tenant = one(app, id).await?;
    if query.cursor.is_none() {
        let detail = json!({"organization": id, "name": tenant.name, "by": operator.as_words()});
        record(app, detail).await?;
    }
    let mut tx = TenantTx::begin(&app.db, id).await?;
    let rows = store_people::list(&mut tx, (query.cursor, query.limit)).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |person| person.id.as_uuid()))
}

/// Everywhere that the account with an address belongs; whole addresses only, so that nobody leafs
/// through all people. That somebody looked is recorded, and after whom.
pub(super) async fn search(
    app: &App,
    operator: &Operator,
    email: &str,
) -> Result<Option<AccountView>, Problem> {
    let email = Email::parse(email)?;
    let detail = json!({"email": email.as_str(), "by": operator.as_words()});
    record(app, detail).await?;
    let mut tx = LookupTx::by_email(&app.db, email.as_str()).await?;
    let Some((id, name)) = store_people::account(&mut tx, &email).await? else {
        tx.finish();
        return Ok(None);
    };
    tx.narrow_to(id).await?;
    let places = store_people::places(&mut tx, id).await?;
    tx.finish();
    Ok(Some(AccountView {
        id,
        name,
        email: email.as_str().to_owned(),
        organizations: places.into_iter().map(PlaceView::from).collect(),
    }))
}

impl From<Belonging> for PlaceView {
    fn from(belonging: Belonging) -> Self {
        Self {
            id: belonging.org,
            name: belonging.name,
            standing: belonging.marks.state(),
            role: belonging.role,
            state: belonging.state,
        }
    }
}

async fn record(app: &App, detail: serde_json::Value) -> Result<(), Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let event = Event {
        at: app.clock.now(),
        action: Action::PeopleLookedUp,
        detail,
    };
    platform::record_first(&mut tx, &app.keys, &event).await?;
    Ok(tx.commit_housekeeping().await?)
}
