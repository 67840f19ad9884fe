//! `/vaults/{vaultId}/trash`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::record::Secret;
use super::super::secrets::trash as service;
use super::{Tagged, which};
use crate::context::App;
use crate::edge::{Caller, Id, ListQuery, Problem};
use crate::kernel::{Page, PageQuery, VaultId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(restore))
        .routes(routes!(delete))
}

/// What is in the trash of a vault, the newest first.
#[utoipa::path(get, path = "/vaults/{vaultId}/trash", operation_id = "listTrash", tag = "secrets",
    params(("vaultId" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<Secret>),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    query: ListQuery,
) -> Result<Json<Page<Secret>>, Problem> {
    let vault = VaultId::from_uuid(vault);
    Ok(Json(service::contents(&app, caller, vault, query).await?))
}

/// Take a secret out of the trash. For admins and above.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/restore", operation_id = "restoreSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 200, body = Secret, headers(("ETag" = String))),
))]
async fn restore(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<Tagged<Secret>, Problem> {
    let secret = service::restore(&app, caller, which(ids)).await?;
    Ok(Tagged(secret.version, secret))
}

/// Delete a secret that is in the trash, with its versions and its key, for good. For admins and above.
#[utoipa::path(delete, path = "/vaults/{vaultId}/trash/{secretId}", operation_id = "deleteSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    service::delete(&app, caller, which(ids)).await?;
    Ok(StatusCode::NO_CONTENT)
}
