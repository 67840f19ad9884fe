//! `/vaults/{vaultId}/secrets/{secretId}/links`, and `/links/open` for whoever has one.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::links::{self, LinkAddress, LinkShows, NewLink, OpenLink, SecretLink};
use crate::context::App;
use crate::edge::{Body, Caller, Id, IdempotencyKey, ListQuery, Origin, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, SecretId, SecretLinkId, VaultId};
use crate::vault::model::Which;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(withdraw))
        .routes(routes!(open))
}

fn which(vault: Uuid, secret: Uuid) -> Which {
    Which {
        vault: VaultId::from_uuid(vault),
        secret: SecretId::from_uuid(secret),
    }
}

/// The links to one secret that have not ended. For admins and owners of the vault.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}/links", operation_id = "listSecretLinks", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<SecretLink>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret)): Id<(Uuid, Uuid)>,
    query: ListQuery,
) -> Result<Json<Page<SecretLink>>, Problem> {
    Ok(Json(
        links::list(&app, caller, which(vault, secret), query).await?,
    ))
}

/// Make a link with which somebody outside sees a few fields of one secret. They are shown as they are
/// now, whatever changes later. The answer has the address, this once. For admins and owners of the
/// vault; a secret of high sensitivity wants a fresh proof, and one that may only be used has no links. No
/// link lasts longer than the role of whoever makes it, or opens without it.
///
/// With an `Idempotency-Key` the same request may be sent again for a day: it makes nothing then. The address
/// was shown, so the answer is 409 `made-before`.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/links", operation_id = "makeSecretLink", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 characters, another one for each link")),
    request_body = NewLink, responses(
    (status = 201, body = LinkAddress),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn make(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret)): Id<(Uuid, Uuid)>,
    key: IdempotencyKey,
    Body(new): Body<NewLink>,
) -> Result<(StatusCode, Json<LinkAddress>), Problem> {
    let made = links::make(&app, caller, which(vault, secret), (new, &key)).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// End a link at once. For admins and owners of the vault.
#[utoipa::path(delete, path = "/vaults/{vaultId}/secrets/{secretId}/links/{linkId}", operation_id = "withdrawSecretLink", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("linkId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret, link)): Id<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let link = SecretLinkId::from_uuid(link);
    links::withdraw(&app, caller, which(vault, secret), link).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open a link. It counts down, and the trail of the organisation has it.
#[utoipa::path(post, path = "/links/open", operation_id = "openSecretLink", tag = "secrets", request_body = OpenLink, responses(
    (status = 200, body = LinkShows),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn open(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<OpenLink>,
) -> Result<Json<LinkShows>, Problem> {
    Ok(Json(links::open(&app, origin, request).await?))
}
