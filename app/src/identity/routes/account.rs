//! `/me`: a person's own account.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Body, Caller, Problem, ProblemBody};
use crate::identity::cookie::SessionCookie;
use crate::identity::model::Me;
use crate::identity::standing::Standing;
use crate::identity::{account, sessions};
use crate::kernel::Redacted;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me, update_me))
        .routes(routes!(change_password))
}

/// Who is signed in, and where.
#[utoipa::path(get, path = "/me", operation_id = "getMe", tag = "session", responses(
    (status = 200, body = Me),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn me(
    State(app): State<App>,
    caller: Caller,
    standing: Option<Extension<Arc<Standing>>>,
) -> Result<Json<Me>, Problem> {
    let me = match standing {
        Some(Extension(standing)) => sessions::view_of(&app, &caller, &standing),
        None => sessions::me(&app, &caller).await,
    };
    me.map(Json)
}

/// What a person may change about themselves.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UpdateMe {
    name: String,
}

/// Change one's name.
#[utoipa::path(patch, path = "/me", operation_id = "updateMe", tag = "account", request_body = UpdateMe, responses(
    (status = 200, body = Me),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update_me(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<UpdateMe>,
) -> Result<Json<Me>, Problem> {
    account::rename(&app, &caller, &request.name)
        .await
        .map(Json)
}

/// The password of today and that of tomorrow.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangePassword {
    #[schema(value_type = String, format = Password)]
    current_password: Redacted<String>,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password)]
    new_password: Redacted<String>,
}

/// Change one's password. Every other device is signed out; this session gets another token.
#[utoipa::path(post, path = "/me/password", operation_id = "changePassword", tag = "account", request_body = ChangePassword, responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn change_password(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Body(request): Body<ChangePassword>,
) -> Result<impl IntoResponse, Problem> {
    let token = SessionCookie::for_server(&app.server)
        .read(&headers)
        .ok_or_else(Problem::forbidden)?;
    let (current, new) = (request.current_password, request.new_password);
    let cookie = account::change_password(&app, &caller, &token, current, new).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]))
}
