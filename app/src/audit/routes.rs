//! `GET /audit-events`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::EventView;
use super::service;
use crate::context::App;
use crate::edge::{Caller, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery};

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The audit trail of the organisation, newest first, as far back as the plan shows it. For owners
/// and admins.
#[utoipa::path(get, path = "/audit-events", operation_id = "listAuditEvents", tag = "audit", params(PageQuery), responses(
    (status = 200, body = Page<EventView>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<EventView>>, Problem> {
    service::list(&app, caller.org, query).await.map(Json)
}
