//! `/tokens`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{ApiToken, Made, NewToken};
use super::service;
use crate::context::App;
use crate::edge::{Body, Caller, Id, IdempotencyKey, ListQuery, Problem, ProblemBody};
use crate::kernel::{ApiTokenId, Page, PageQuery, Scope};

/// The routes of tokens.
pub(in crate::identity) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// Tokens for the API, newest first: one's own; all of the organisation for admins and owners.
#[utoipa::path(get, path = "/tokens", operation_id = "listApiTokens", tag = "tokens", params(PageQuery), responses(
    (status = 200, body = Page<ApiToken>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<ApiToken>>, Problem> {
    service::list(&app, &caller, query).await.map(Json)
}

/// A token to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateApiToken {
    /// What it is for, 1 to 120 characters.
    name: String,
    /// What it may do; at least one.
    scopes: Vec<Scope>,
    /// Until when it works; null or absent for a token without an end.
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

/// Make a token. It acts for whoever makes it, and the answer is the one time that it is shown.
///
/// With an `Idempotency-Key` the same request may be sent again for a day: it makes nothing then. The token
/// was shown, so the answer is 409 `made-before`.
#[utoipa::path(post, path = "/tokens", operation_id = "createApiToken", tag = "tokens",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 characters, another one for each token")),
    request_body = CreateApiToken, responses(
    (status = 201, body = Made),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    Body(request): Body<CreateApiToken>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let new = NewToken {
        name: request.name,
        scopes: request.scopes,
        expires_at: request.expires_at,
    };
    let made = service::create(&app, &caller, (new, &key)).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revoke a token. The next request with it is refused.
#[utoipa::path(delete, path = "/tokens/{tokenId}", operation_id = "revokeApiToken", tag = "tokens", params(("tokenId" = ApiTokenId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    service::revoke(&app, &caller, ApiTokenId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
