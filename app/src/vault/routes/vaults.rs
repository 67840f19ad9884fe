//! `/vaults`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::model::Vault;
use super::super::vaults as service;
use super::Tagged;
use crate::context::App;
use crate::edge::{Body, Caller, Id, IdempotencyKey, IfMatch, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, VaultId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
}

/// The vaults that the caller has a role in, newest first.
#[utoipa::path(get, path = "/vaults", operation_id = "listVaults", tag = "vaults", params(PageQuery), responses(
    (status = 200, body = Page<Vault>),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<Vault>>, Problem> {
    Ok(Json(service::list(&app, caller, query).await?))
}

/// A vault to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewVault {
    /// 1 to 120 characters.
    name: String,
    /// At most 1000 characters.
    #[serde(default)]
    description: String,
}

/// Make a vault. The caller becomes its owner.
///
/// With an `Idempotency-Key` the same request may be sent again for a day: it makes nothing then, and is
/// answered with the vault as it is; 409 `made-before` when that is not there any more.
#[utoipa::path(post, path = "/vaults", operation_id = "createVault", tag = "vaults",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 characters, another one for each vault")),
    request_body = NewVault, responses(
    (status = 201, body = Vault, headers(("ETag" = String))),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    Body(new): Body<NewVault>,
) -> Result<(StatusCode, Tagged<Vault>), Problem> {
    let new = (new.name.as_str(), new.description.as_str());
    let vault = service::create(&app, caller, new, &key).await?;
    Ok((StatusCode::CREATED, Tagged(vault.version, vault)))
}

/// One vault.
#[utoipa::path(get, path = "/vaults/{vaultId}", operation_id = "getVault", tag = "vaults",
    params(("vaultId" = Uuid, Path)), responses(
    (status = 200, body = Vault, headers(("ETag" = String))),
))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
) -> Result<Tagged<Vault>, Problem> {
    let vault = service::read(&app, caller, VaultId::from_uuid(vault)).await?;
    Ok(Tagged(vault.version, vault))
}

/// What is to be changed of a vault.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct VaultChange {
    /// A new name.
    name: Option<String>,
    /// A new description.
    description: Option<String>,
}

/// Rename a vault or describe it anew, from what was read. For its owner.
#[utoipa::path(patch, path = "/vaults/{vaultId}", operation_id = "updateVault", tag = "vaults",
    params(("vaultId" = Uuid, Path),
        ("If-Match" = String, Header, description = "The ETag of what the change was made from", example = "\"1\"")),
    request_body = VaultChange, responses(
    (status = 200, body = Vault, headers(("ETag" = String))),
    (status = 412, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 428, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    seen: IfMatch,
    Body(change): Body<VaultChange>,
) -> Result<Tagged<Vault>, Problem> {
    let vault = VaultId::from_uuid(vault);
    let change = (change.name.as_deref(), change.description.as_deref());
    let vault = service::update(&app, caller, (vault, &seen), change).await?;
    Ok(Tagged(vault.version, vault))
}

/// Delete a vault and everything in it. For its owner.
#[utoipa::path(delete, path = "/vaults/{vaultId}", operation_id = "deleteVault", tag = "vaults",
    params(("vaultId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    service::delete(&app, caller, VaultId::from_uuid(vault)).await?;
    Ok(StatusCode::NO_CONTENT)
}
