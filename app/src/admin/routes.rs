//! `/admin/api/*`, on the admin listener only.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::license::{self as panel, Events, Panel};
use super::policy;
use super::service::{self, Migrations, Overview};
use super::trails;
use crate::context::App;
use crate::edge::{Problem, ProblemBody};
use crate::{operators, tenants};

/// The routes of the plane, all of them behind its table.
pub fn routes(app: App) -> OpenApiRouter<App> {
    let router = listed().layer(from_fn(policy::enforce));
    router.layer(from_fn_with_state(app, operators::authenticate))
}

/// The routes by themselves.
pub(super) fn listed() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(operators::routes())
        .merge(tenants::routes())
        .merge(trails::routes())
        .routes(routes!(overview))
        .routes(routes!(migrations))
        .routes(routes!(license, upload_license))
        .routes(routes!(events))
}

/// Version, licence and dependencies.
#[utoipa::path(get, path = "/overview", operation_id = "getOverview", tag = "admin", responses(
    (status = 200, body = Overview),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn overview(State(app): State<App>) -> Json<Overview> {
    Json(service::overview(&app).await)
}

/// The migrations, applied and carried.
#[utoipa::path(get, path = "/migrations", operation_id = "getMigrations", tag = "admin", responses(
    (status = 200, body = Migrations),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn migrations(State(app): State<App>) -> Result<Json<Migrations>, Problem> {
    service::migrations(&app).await.map(Json)
}

/// The licence, with everything that is known of it.
#[utoipa::path(get, path = "/license", operation_id = "getPlatformLicense", tag = "admin", responses(
    (status = 200),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn license(State(app): State<App>) -> Result<Json<Panel>, Problem> {
    panel::panel(&app).await.map(Json)
}

/// Hands another licence over: the body is the `.vtlic` file as it is.
#[utoipa::path(post, path = "/license", operation_id = "uploadLicense", tag = "admin", request_body(content = String, content_type = "application/octet-stream"), responses(
    (status = 200),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn upload_license(
    State(app): State<App>,
    file: Result<Bytes, BytesRejection>,
) -> Result<Json<Panel>, Problem> {
    let file = file.map_err(|_| panel::too_large())?;
    panel::upload(&app, &file).await.map(Json)
}

/// The platform's own trail, newest first.
#[utoipa::path(get, path = "/events", operation_id = "listPlatformEvents", tag = "admin", responses(
    (status = 200),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn events(State(app): State<App>) -> Result<Json<Events>, Problem> {
    panel::events(&app).await.map(Json)
}
