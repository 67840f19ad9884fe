//! `/meta`, `/setup` and `/license`; then people and the organisation.

mod acceptance;
mod invitations;
mod members;
mod organization;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Setup};
use crate::context::App;
use crate::edge::{Body, Caller, ClientAddress, Origin, Problem, ProblemBody, UserAgent};
use crate::entitlements::LicenseView;
use crate::identity::{Me, limit_attempts};
use crate::kernel::Redacted;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(meta))
        .routes(routes!(check_setup))
        .routes(routes!(set_up))
        .routes(routes!(license))
        .merge(organization::routes())
        .merge(members::routes())
        .merge(invitations::routes())
        .merge(acceptance::routes())
}

/// What the portal needs to know before anybody is signed in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Meta {
    /// Always `VaultTerm`.
    product: &'static str,
    /// The version.
    version: &'static str,
    /// Whose keys this build trusts: `vendor`, `development` or `absent`.
    keys: &'static str,
    /// Whether the first organisation is still to be made.
    setup_required: bool,
}

/// The product, its version, and whether it is set up.
#[utoipa::path(get, path = "/meta", operation_id = "getMeta", tag = "setup", responses((status = 200, body = Meta)))]
async fn meta(State(app): State<App>) -> Result<Json<Meta>, Problem> {
    Ok(Json(Meta {
        product: "VaultTerm",
        version: env!("CARGO_PKG_VERSION"),
        keys: license::keys::kind().as_str(),
        setup_required: service::setup_required(&app).await?,
    }))
}

/// The token of a setup link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Token {
    #[schema(value_type = String)]
    token: Redacted<String>,
}

/// Whether a setup link still works.
#[utoipa::path(post, path = "/setup/check", operation_id = "checkSetupToken", tag = "setup", request_body = Token, responses(
    (status = 204),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn check_setup(
    State(app): State<App>,
    Extension(client): Extension<ClientAddress>,
    Body(request): Body<Token>,
) -> Result<StatusCode, Problem> {
    limit_attempts(&app, client.0).await?;
    service::check_token(&app, request.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The first organisation and its owner.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetupRequest {
    /// From the setup link.
    #[schema(value_type = String)]
    token: Redacted<String>,
    /// What the organisation is called.
    organization_name: String,
    /// The owner's name.
    name: String,
    /// The address the owner signs in with.
    email: String,
    /// The owner's password, at least 12 characters.
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Make the first organisation with a setup link, and sign its owner in.
#[utoipa::path(post, path = "/setup", operation_id = "setUp", tag = "setup", request_body = SetupRequest, responses(
    (status = 201, body = Me),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn set_up(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    Body(request): Body<SetupRequest>,
) -> Result<impl IntoResponse, Problem> {
    limit_attempts(&app, origin.address).await?;
    let setup = Setup {
        token: request.token,
        organization: request.organization_name,
        name: request.name,
        email: request.email,
        password: request.password,
    };
    let (me, cookie) = service::set_up(&app, setup, (origin, user_agent)).await?;
    Ok((
        StatusCode::CREATED,
        [(header::SET_COOKIE, cookie)],
        Json(me),
    ))
}

/// Tier, seats and term, and what applies now. For owners and admins.
#[utoipa::path(get, path = "/license", operation_id = "getLicense", tag = "organization", responses(
    (status = 200, body = LicenseView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn license(State(app): State<App>, _: Caller) -> Result<Json<LicenseView>, Problem> {
    service::license(&app).await.map(Json)
}
