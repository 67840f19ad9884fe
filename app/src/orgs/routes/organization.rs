//! `/organization`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Body, Caller, Problem, ProblemBody};
use crate::identity::OrganizationView;
use crate::kernel::UserId;
use crate::orgs::{departure, organization};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read, rename))
        .routes(routes!(leave))
        .routes(routes!(transfer))
}

/// The organisation that the caller acts in.
#[utoipa::path(get, path = "/organization", operation_id = "getOrganization", tag = "organization", responses(
    (status = 200, body = OrganizationView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn read(State(app): State<App>, caller: Caller) -> Result<Json<OrganizationView>, Problem> {
    organization::read(&app, &caller).await.map(Json)
}

/// What is to be changed of an organisation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OrganizationChange {
    /// 1 to 120 characters.
    name: String,
}

/// Rename the organisation.
#[utoipa::path(patch, path = "/organization", operation_id = "updateOrganization", tag = "organization",
    request_body = OrganizationChange, responses(
    (status = 200, body = OrganizationView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn rename(
    State(app): State<App>,
    caller: Caller,
    Body(change): Body<OrganizationChange>,
) -> Result<Json<OrganizationView>, Problem> {
    organization::rename(&app, &caller, &change.name)
        .await
        .map(Json)
}

/// Leave the organisation. The last owner cannot.
#[utoipa::path(post, path = "/organization/leave", operation_id = "leaveOrganization", tag = "organization", responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn leave(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    departure::leave(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who takes over.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Transfer {
    /// A confirmed member.
    user_id: UserId,
}

/// Make another member the owner. The caller becomes an admin.
#[utoipa::path(post, path = "/organization/transfer", operation_id = "transferOrganization", tag = "organization",
    request_body = Transfer, responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn transfer(
    State(app): State<App>,
    caller: Caller,
    Body(transfer): Body<Transfer>,
) -> Result<StatusCode, Problem> {
    departure::transfer(&app, &caller, transfer.user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
