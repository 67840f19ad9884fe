//! `/me/factors`: everything besides the password that proves who somebody is.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::context::App;
use crate::edge::{Body, Caller, Id, Problem, ProblemBody};
use crate::identity::cookie::SessionCookie;
use crate::identity::factors::{self, FactorAdded, FreshCodes, MyFactors, NewTotp};
use crate::infra::db::LookupTx;
use crate::kernel::{FactorId, Redacted};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(begin_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(renew_codes))
        .routes(routes!(rename, remove))
}

/// One's second factors, and how many recovery codes are left.
#[utoipa::path(get, path = "/me/factors", operation_id = "listFactors", tag = "account", responses(
    (status = 200, body = MyFactors),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<MyFactors>, Problem> {
    let mut tx = LookupTx::by_user(&app.db, caller.user).await?;
    let list = factors::list(&mut tx, caller.user).await?;
    tx.finish();
    Ok(Json(list))
}

/// What a factor is called.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FactorName {
    name: String,
}

/// Begin to add an authenticator app. It counts for nothing before its first code.
#[utoipa::path(post, path = "/me/factors/totp", operation_id = "beginTotp", tag = "account", request_body = FactorName, responses(
    (status = 201, body = NewTotp),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn begin_totp(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<FactorName>,
) -> Result<impl IntoResponse, Problem> {
    let begun = factors::begin(&app, &caller, &request.name).await?;
    Ok((StatusCode::CREATED, Json(begun)))
}

/// A code of an authenticator app.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Code {
    #[schema(value_type = String)]
    code: Redacted<String>,
}

/// Confirm an authenticator app with its first code. The session gets another token. With a first
/// second factor come recovery codes, and every other device is signed out.
#[utoipa::path(post, path = "/me/factors/totp/{factorId}/confirm", operation_id = "confirmTotp", tag = "account", params(("factorId" = FactorId, Path)), request_body = Code, responses(
    (status = 200, body = FactorAdded),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn confirm_totp(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    headers: HeaderMap,
    Body(request): Body<Code>,
) -> Result<impl IntoResponse, Problem> {
    let token = SessionCookie::for_server(&app.server)
        .read(&headers)
        .ok_or_else(Problem::forbidden)?;
    let id = FactorId::from_uuid(id);
    let (added, cookie) = factors::confirm(&app, &caller, &token, id, &request.code).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(added)))
}

/// Make new recovery codes. The earlier ones are void; the new ones are not shown again.
#[utoipa::path(post, path = "/me/factors/recovery-codes", operation_id = "renewRecoveryCodes", tag = "account", responses(
    (status = 200, body = FreshCodes),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn renew_codes(State(app): State<App>, caller: Caller) -> Result<Json<FreshCodes>, Problem> {
    factors::renew_codes(&app, &caller).await.map(Json)
}

/// Give a second factor of one's own another name.
#[utoipa::path(patch, path = "/me/factors/{factorId}", operation_id = "renameFactor", tag = "account", params(("factorId" = FactorId, Path)), request_body = FactorName, responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn rename(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Body(request): Body<FactorName>,
) -> Result<StatusCode, Problem> {
    factors::rename(&app, &caller, FactorId::from_uuid(id), &request.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a second factor of one's own. The last one stays while an organisation demands one.
#[utoipa::path(delete, path = "/me/factors/{factorId}", operation_id = "removeFactor", tag = "account", params(("factorId" = FactorId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    factors::remove(&app, &caller, FactorId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
