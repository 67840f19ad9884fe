//! `/admin/api/*`, on the admin listener only.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::guard::guard;
use super::license::{self as panel, Events, Panel};
use super::service::{self, Migrations, Organizations, Overview};
use crate::context::App;
use crate::edge::{Problem, ProblemBody};

/// The routes of this slice, all of them behind the token.
pub fn routes(app: App) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(organizations))
        .routes(routes!(migrations))
        .route("/license", get(license).post(upload_license))
        .route("/events", get(events))
        .layer(from_fn_with_state(app, guard))
}

/// Version, licence and dependencies.
#[utoipa::path(get, path = "/overview", operation_id = "getOverview", tag = "admin", responses(
    (status = 200, body = Overview),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn overview(State(app): State<App>) -> Json<Overview> {
    Json(service::overview(&app).await)
}

/// The organisations, in figures.
#[utoipa::path(get, path = "/organizations", operation_id = "listOrganizations", tag = "admin", responses(
    (status = 200, body = Organizations),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn organizations(State(app): State<App>) -> Result<Json<Organizations>, Problem> {
    service::organizations(&app).await.map(Json)
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
async fn license(State(app): State<App>) -> Result<Json<Panel>, Problem> {
    panel::panel(&app).await.map(Json)
}

/// Hands another licence over: the body is the `.vtlic` file as it is.
async fn upload_license(
    State(app): State<App>,
    file: Result<Bytes, BytesRejection>,
) -> Result<Json<Panel>, Problem> {
    let file = file.map_err(|_| panel::too_large())?;
    panel::upload(&app, &file).await.map(Json)
}

/// The platform's own trail, newest first.
async fn events(State(app): State<App>) -> Result<Json<Events>, Problem> {
    panel::events(&app).await.map(Json)
}
