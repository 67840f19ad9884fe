//! `/vaults/{vaultId}/secrets/import`.

use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::request::{ImportFile, LARGEST};
use super::service;
use super::view::{ImportPreview, Imported};
use crate::context::App;
use crate::edge::{Body, Caller, Deadline, Id, IdempotencyKey, Problem, ProblemBody};
use crate::kernel::VaultId;

/// The routes of imports.
pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(import))
        .layer(DefaultBodyLimit::max(LARGEST))
}

/// See what would come of a file: which records, which of them are there already, and what is wrong with
/// which row. Nothing is stored. For editors and above.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/import/preview", operation_id = "previewImport", tag = "secrets",
    params(("vaultId" = Uuid, Path)), request_body = ImportFile, responses(
    (status = 200, body = ImportPreview),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn preview(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    Extension(deadline): Extension<Deadline>,
    request: Request,
) -> Result<Json<ImportPreview>, Problem> {
    let vault = VaultId::from_uuid(vault);
    let turn = service::admit(&app, caller, vault).await?;
    let Body(file) = Body::<ImportFile>::from_request(request, &()).await?;
    // It is there: what waits from here on does not wait for the caller.
    deadline.extend();
    let preview = service::preview(&app, caller, vault, (file, turn)).await?;
    Ok(Json(preview))
}

/// Store what is in a file: everything that was asked for, or nothing. For editors and above.
///
/// With an `Idempotency-Key` the same request may be sent again for a day: it stores nothing then, and is
/// answered as before.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/import", operation_id = "importSecrets", tag = "secrets",
    params(("vaultId" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 characters, another one for each file")),
    request_body = ImportFile, responses(
    (status = 200, body = Imported),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn import(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    key: IdempotencyKey,
    Extension(deadline): Extension<Deadline>,
    request: Request,
) -> Result<Json<Imported>, Problem> {
    let vault = VaultId::from_uuid(vault);
    let turn = service::admit(&app, caller, vault).await?;
    let Body(file) = Body::<ImportFile>::from_request(request, &()).await?;
    // It is there: what waits from here on does not wait for the caller.
    deadline.extend();
    let imported = service::import(&app, caller, vault, (file, turn), &key).await?;
    Ok(Json(imported))
}
