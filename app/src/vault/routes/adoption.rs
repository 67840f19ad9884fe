//! `/organization/orphaned-vaults`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::adoption::{self, OrphanedVault};
use crate::context::App;
use crate::edge::{Caller, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, VaultId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(adopt))
}

/// Vaults that no member owns, because their owners were removed or deactivated or have left.
#[utoipa::path(get, path = "/organization/orphaned-vaults", operation_id = "listOrphanedVaults", tag = "organization", params(PageQuery), responses(
    (status = 200, body = Page<OrphanedVault>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<OrphanedVault>>, Problem> {
    Ok(Json(adoption::list(&app, &caller, query).await?))
}

/// Become the owner of a vault that no member owns. It is recorded.
#[utoipa::path(post, path = "/organization/orphaned-vaults/{vaultId}/adopt", operation_id = "adoptVault", tag = "organization",
    params(("vaultId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn adopt(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    adoption::adopt(&app, &caller, VaultId::from_uuid(vault)).await?;
    Ok(StatusCode::NO_CONTENT)
}
