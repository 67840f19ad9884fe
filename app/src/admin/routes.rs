//! `/admin/api/*`, on the admin listener only.

use axum::Json;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::guard::guard;
use super::service::{self, Migrations, Organizations, Overview};
use crate::context::App;
use crate::edge::{Problem, ProblemBody};

/// The routes of this slice, all of them behind the token.
pub fn routes(app: App) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(organizations))
        .routes(routes!(migrations))
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
