//! `/shared-secrets`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::mine::{self, SharedSecret};
use crate::context::App;
use crate::edge::{Caller, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The secrets that were shared with the caller on their own, and not with their vault; newest first.
#[utoipa::path(get, path = "/shared-secrets", operation_id = "listSharedSecrets", tag = "secrets", params(PageQuery), responses(
    (status = 200, body = Page<SharedSecret>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<SharedSecret>>, Problem> {
    Ok(Json(mine::list(&app, caller, query).await?))
}
