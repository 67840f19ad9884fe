//! `/vaults/{vaultId}/secrets/{secretId}/attachments`.

use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::Attachment;
use super::upload::Incoming;
use super::{download, name, service, upload};
use crate::context::App;
use crate::edge::{Caller, Deadline, Id, IdempotencyKey, ListQuery, Problem, ProblemBody, SANDBOX};
use crate::kernel::{AttachmentId, Page, PageQuery, SecretId, VaultId};
use crate::vault::model::Which;

pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(read, remove))
}

fn which(vault: Uuid, secret: Uuid) -> Which {
    Which {
        vault: VaultId::from_uuid(vault),
        secret: SecretId::from_uuid(secret),
    }
}

/// The files that are attached to a secret, newest first.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}/attachments", operation_id = "listAttachments", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<Attachment>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret)): Id<(Uuid, Uuid)>,
    query: ListQuery,
) -> Result<Json<Page<Attachment>>, Problem> {
    Ok(Json(
        service::list(&app, caller, which(vault, secret), query).await?,
    ))
}

/// What a file is to be called.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FileQuery {
    /// 1 to 255 characters; the name of a file and of no folder.
    name: Option<String>,
}

/// Attach a file to a secret. The body is the file, as it is; it is sealed as it comes. For editors and
/// above; at most 50 files of one secret.
///
/// With an `Idempotency-Key` the same file may be sent again for a day: it is not attached twice, and the answer
/// is the one that is there; 409 `made-before` when it is not there any more.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/attachments", operation_id = "addAttachment", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), FileQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 characters, another one for each file")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 201, body = Attachment),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn add(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret)): Id<(Uuid, Uuid)>,
    query: Result<Query<FileQuery>, axum::extract::rejection::QueryRejection>,
    Extension(deadline): Extension<Deadline>,
    key: IdempotencyKey,
    request: Request,
) -> Result<(StatusCode, Json<Attachment>), Problem> {
    let incoming = Incoming {
        name: query.ok().and_then(|Query(query)| query.name),
        key,
        body: request.into_body(),
        deadline,
    };
    let added = upload::receive(&app, caller, which(vault, secret), incoming).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Read a file that is attached to a secret. The trail records it first. It comes as a download of no
/// particular kind, whatever it is; of a secret of high sensitivity with a fresh proof, and of one that
/// may only be used not at all.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}/attachments/{attachmentId}", operation_id = "readAttachment", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("attachmentId" = Uuid, Path)), responses(
    (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream"),
))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret, attachment)): Id<(Uuid, Uuid, Uuid)>,
) -> Result<Response, Problem> {
    let id = AttachmentId::from_uuid(attachment);
    let file = download::send(&app, caller, which(vault, secret), id).await?;
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (CONTENT_LENGTH, HeaderValue::from(file.size)),
        (CONTENT_DISPOSITION, name::disposition(&file.name)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX)),
    ];
    Ok((headers, file.body).into_response())
}

/// Take a file off a secret, for good. For admins and above, with a fresh proof.
#[utoipa::path(delete, path = "/vaults/{vaultId}/secrets/{secretId}/attachments/{attachmentId}", operation_id = "removeAttachment", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("attachmentId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret, attachment)): Id<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let id = AttachmentId::from_uuid(attachment);
    service::remove(&app, caller, which(vault, secret), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
