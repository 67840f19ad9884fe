//! `/auth/*` and `/me`.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cookie::SessionCookie;
use super::model::Me;
use super::service;
use crate::context::App;
use crate::edge::{Body, Caller, Origin, Problem, ProblemBody};
use crate::kernel::Redacted;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(me))
}

/// An address and a password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignIn {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Sign in with a password. Limited to a number of attempts for each address.
#[utoipa::path(post, path = "/auth/sign-in", operation_id = "signIn", tag = "session", request_body = SignIn, responses(
    (status = 200, body = Me),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_in(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<SignIn>,
) -> Result<impl IntoResponse, Problem> {
    service::limit_attempts(&app, origin.address).await?;
    let (me, cookie) = service::sign_in(&app, &request.email, request.password, origin).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(me)))
}

/// End the session.
#[utoipa::path(post, path = "/auth/sign-out", operation_id = "signOut", tag = "session", responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_out(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let cookie = SessionCookie::for_server(&app.server);
    service::sign_out(&app, caller, cookie.read(&headers)).await?;
    let clear = cookie.clear().ok_or_else(Problem::internal)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, clear)]))
}

/// Who is signed in, and where.
#[utoipa::path(get, path = "/me", operation_id = "getMe", tag = "session", responses(
    (status = 200, body = Me),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Problem> {
    service::me(&app, caller.user, caller.org, caller.role)
        .await
        .map(Json)
}
