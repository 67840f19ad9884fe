//! `/organization/policy`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{OrgPolicy, PolicyChange};
use super::service;
use crate::context::App;
use crate::edge::{Body, Caller, Problem, ProblemBody};

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read, change))
}

/// What the organisation demands of its people.
#[utoipa::path(get, path = "/organization/policy", operation_id = "getPolicy", tag = "organization", responses(
    (status = 200, body = OrgPolicy),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn read(State(app): State<App>, caller: Caller) -> Result<Json<OrgPolicy>, Problem> {
    service::read(&app, &caller).await.map(Json)
}

/// Change what the organisation demands. What is left out stays.
#[utoipa::path(patch, path = "/organization/policy", operation_id = "updatePolicy", tag = "organization",
    request_body = PolicyChange, responses(
    (status = 200, body = OrgPolicy),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Body(change): Body<PolicyChange>,
) -> Result<Json<OrgPolicy>, Problem> {
    service::change(&app, &caller, change).await.map(Json)
}
