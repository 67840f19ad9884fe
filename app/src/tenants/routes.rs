//! `/admin/api/organizations` and `/admin/api/people`.

use axum::Json;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::decisions;
use super::founding::{self, Founded, Wanted};
use super::model::TenantView;
use super::people::{self, AccountView, PersonView};
use crate::context::App;
use crate::edge::{Body, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{OrgId, Page, PageQuery, Text};
use crate::operators::Operator;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(ask_owner))
        .routes(routes!(one))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(erase, keep))
        .routes(routes!(people_of))
        .routes(routes!(search))
}

/// Words that a name has to have in it.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Words {
    q: String,
}

/// The organisations in figures, newest first.
#[utoipa::path(get, path = "/organizations", operation_id = "listOrganizations", tag = "admin", params(PageQuery, Words), responses(
    (status = 200, body = Page<TenantView>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    query: ListQuery,
    Query(words): Query<Words>,
) -> Result<Json<Page<TenantView>>, Problem> {
    people::page(&app, words.q.trim(), query).await.map(Json)
}

/// An organisation to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewOrganization {
    name: String,
    /// Who is asked to be its first owner.
    owner_email: String,
}

/// Make an organisation, with a link for its first owner.
#[utoipa::path(post, path = "/organizations", operation_id = "createOrganization", tag = "admin", request_body = NewOrganization, responses(
    (status = 201, body = Founded),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    operator: Operator,
    Body(request): Body<NewOrganization>,
) -> Result<(StatusCode, Json<Founded>), Problem> {
    let wanted = Wanted {
        name: request.name,
        email: request.owner_email,
    };
    let founded = founding::found(&app, &operator, &wanted).await?;
    Ok((StatusCode::CREATED, Json(founded)))
}

/// Whom to ask.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AskOwner {
    owner_email: String,
}

/// Make another link for the first owner, as long as nobody has come. The earlier one ends.
#[utoipa::path(post, path = "/organizations/{organizationId}/owner-link", operation_id = "askOwner", tag = "admin", params(("organizationId" = OrgId, Path)), request_body = AskOwner, responses(
    (status = 200, body = Founded),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn ask_owner(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
    Body(request): Body<AskOwner>,
) -> Result<Json<Founded>, Problem> {
    let whom = (OrgId::from_uuid(id), request.owner_email.as_str());
    founding::ask_again(&app, &operator, whom).await.map(Json)
}

/// One organisation in figures.
#[utoipa::path(get, path = "/organizations/{organizationId}", operation_id = "getOrganization", tag = "admin", params(("organizationId" = OrgId, Path)), responses(
    (status = 200, body = TenantView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn one(State(app): State<App>, Id(id): Id<Uuid>) -> Result<Json<TenantView>, Problem> {
    people::one(&app, OrgId::from_uuid(id)).await.map(Json)
}

/// Why somebody is kept out; for the platform's trail.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Suspend {
    #[serde(default)]
    reason: String,
}

/// Let nobody in any more; nothing is touched.
#[utoipa::path(post, path = "/organizations/{organizationId}/suspend", operation_id = "suspendOrganization", tag = "admin", params(("organizationId" = OrgId, Path)), request_body = Suspend, responses(
    (status = 200, body = TenantView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn suspend(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
    Body(request): Body<Suspend>,
) -> Result<Json<TenantView>, Problem> {
    let reason = Text::line("reason", 0, 500).check(&request.reason)?;
    let id = OrgId::from_uuid(id);
    decisions::suspend(&app, &operator, id, &reason)
        .await
        .map(Json)
}

/// Let people in again.
#[utoipa::path(post, path = "/organizations/{organizationId}/resume", operation_id = "resumeOrganization", tag = "admin", params(("organizationId" = OrgId, Path)), responses(
    (status = 200, body = TenantView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn resume(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
) -> Result<Json<TenantView>, Problem> {
    decisions::resume(&app, &operator, OrgId::from_uuid(id))
        .await
        .map(Json)
}

/// The name of what is to be erased, typed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Erase {
    name: String,
}

/// Have an organisation erased, once the waiting period is over. Until then it is suspended.
#[utoipa::path(post, path = "/organizations/{organizationId}/erasure", operation_id = "eraseOrganization", tag = "admin", params(("organizationId" = OrgId, Path)), request_body = Erase, responses(
    (status = 200, body = TenantView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn erase(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
    Body(request): Body<Erase>,
) -> Result<Json<TenantView>, Problem> {
    decisions::erase(&app, &operator, OrgId::from_uuid(id), &request.name)
        .await
        .map(Json)
}

/// Keep an organisation that waits to be erased.
#[utoipa::path(delete, path = "/organizations/{organizationId}/erasure", operation_id = "keepOrganization", tag = "admin", params(("organizationId" = OrgId, Path)), responses(
    (status = 200, body = TenantView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn keep(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
) -> Result<Json<TenantView>, Problem> {
    decisions::keep(&app, &operator, OrgId::from_uuid(id))
        .await
        .map(Json)
}

/// The people of an organisation: name, address, role and state. That somebody looked is recorded.
#[utoipa::path(get, path = "/organizations/{organizationId}/people", operation_id = "listPeople", tag = "admin", params(("organizationId" = OrgId, Path), PageQuery), responses(
    (status = 200, body = Page<PersonView>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn people_of(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
    query: ListQuery,
) -> Result<Json<Page<PersonView>>, Problem> {
    let which = (OrgId::from_uuid(id), query);
    people::of(&app, &operator, which).await.map(Json)
}

/// Whom to look for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    email: String,
}

/// What was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Found {
    /// The account; null when nobody has this address.
    account: Option<AccountView>,
}

/// Look where the account with an address belongs. A body, since addresses in a URL end up in logs.
#[utoipa::path(post, path = "/people/search", operation_id = "searchPeople", tag = "admin", request_body = Search, responses(
    (status = 200, body = Found),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn search(
    State(app): State<App>,
    operator: Operator,
    Body(request): Body<Search>,
) -> Result<Json<Found>, Problem> {
    let account = people::search(&app, &operator, &request.email).await?;
    Ok(Json(Found { account }))
}
