//! `/organization/sso`: which provider the organisation trusts.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Body, Caller, Problem, ProblemBody};
use crate::sso::model::{SettingsView, Wanted};
use crate::sso::settings;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, change, remove))
}

/// The organisation's identity provider. For owners and admins.
#[utoipa::path(get, path = "/organization/sso", operation_id = "getSso", tag = "organization", responses(
    (status = 200, body = SettingsView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(State(app): State<App>, caller: Caller) -> Result<Json<SettingsView>, Problem> {
    settings::show(&app, &caller).await.map(Json)
}

/// Trust an identity provider, in place of the one before. For owners, with a fresh proof: whoever names
/// the provider decides who the organisation's people are.
#[utoipa::path(put, path = "/organization/sso", operation_id = "changeSso", tag = "organization", request_body = Wanted, responses(
    (status = 200, body = SettingsView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "Somebody else was changing it.", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<Json<SettingsView>, Problem> {
    settings::change(&app, &caller, wanted).await.map(Json)
}

/// Trust no identity provider any more. For owners, with a fresh proof.
#[utoipa::path(delete, path = "/organization/sso", operation_id = "removeSso", tag = "organization", responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn remove(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    settings::remove(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
