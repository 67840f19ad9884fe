//! `/admin/api/*`: signing in as a platform admin, and who the platform admins are.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::authenticate::Operator;
use super::link::{self, Entrance, LinkView};
use super::model::{AdminView, OperatorView, SessionView};
use super::{account, admins, sessions, sign_in};
use crate::context::App;
use crate::edge::{Body, Id, Origin, Problem, ProblemBody, UserAgent};
use crate::kernel::{PlatformAdminId, Redacted, SessionId};

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(check_link))
        .routes(routes!(enter))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(me))
        .routes(routes!(change_password))
        .routes(routes!(list_sessions))
        .routes(routes!(revoke_session))
        .routes(routes!(list_admins))
        .routes(routes!(deactivate_admin))
}

/// The token of a link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AdminLinkToken)]
#[serde(deny_unknown_fields)]
struct LinkToken {
    #[schema(value_type = String)]
    token: Redacted<String>,
}

/// Whose link it is, if it still works.
#[utoipa::path(post, path = "/link/check", operation_id = "checkAdminLink", tag = "admin", request_body = LinkToken, responses(
    (status = 200, body = LinkView),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn check_link(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<LinkToken>,
) -> Result<Json<LinkView>, Problem> {
    sign_in::limit_attempts(&app, origin.address).await?;
    link::check(&app, &request.token).await.map(Json)
}

/// What the one who uses a link says.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct EnterRequest {
    #[schema(value_type = String)]
    token: Redacted<String>,
    name: String,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Use a link: become a platform admin, or get another password.
#[utoipa::path(post, path = "/link/enter", operation_id = "useAdminLink", tag = "admin", request_body = EnterRequest, responses(
    (status = 201, body = OperatorView),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn enter(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    Body(request): Body<EnterRequest>,
) -> Result<impl IntoResponse, Problem> {
    sign_in::limit_attempts(&app, origin.address).await?;
    let entrance = Entrance {
        token: request.token,
        name: request.name,
        password: request.password,
    };
    let (who, cookie) = link::enter(&app, entrance, (origin, user_agent)).await?;
    Ok((StatusCode::CREATED, cookie, Json(who)))
}

/// An address and a password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AdminSignIn)]
#[serde(deny_unknown_fields)]
struct SignIn {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Sign in with a password.
#[utoipa::path(post, path = "/sign-in", operation_id = "signInAdmin", tag = "admin", request_body = SignIn, responses(
    (status = 200, body = OperatorView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_in(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    Body(request): Body<SignIn>,
) -> Result<impl IntoResponse, Problem> {
    sign_in::limit_attempts(&app, origin.address).await?;
    let from = (origin, user_agent);
    let (who, cookie) = sign_in::sign_in(&app, &request.email, request.password, from).await?;
    Ok((cookie, Json(who)))
}

/// End the session.
#[utoipa::path(post, path = "/sign-out", operation_id = "signOutAdmin", tag = "admin", responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_out(
    State(app): State<App>,
    operator: Operator,
) -> Result<(StatusCode, [(header::HeaderName, HeaderValue); 1]), Problem> {
    let clear = sessions::sign_out(&app, &operator).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, clear)]))
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", operation_id = "getAdmin", tag = "admin", responses(
    (status = 200, body = OperatorView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn me(operator: Operator) -> Json<OperatorView> {
    Json(operator.who)
}

/// The password of today and that of tomorrow.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ChangeAdminPassword)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangePassword {
    #[schema(value_type = String, format = Password)]
    current_password: Redacted<String>,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password)]
    new_password: Redacted<String>,
}

/// Change one's password. Every other device is signed out.
#[utoipa::path(post, path = "/me/password", operation_id = "changeAdminPassword", tag = "admin", request_body = ChangePassword, responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn change_password(
    State(app): State<App>,
    operator: Operator,
    user_agent: UserAgent,
    Body(request): Body<ChangePassword>,
) -> Result<impl IntoResponse, Problem> {
    let passwords = (request.current_password, request.new_password);
    let (_, cookie) = account::change_password(&app, &operator, passwords, user_agent).await?;
    Ok((StatusCode::NO_CONTENT, cookie))
}

/// A few of something, all of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Items<T> {
    items: Vec<T>,
}

/// The devices that platform admins are signed in on, the last used first.
#[utoipa::path(get, path = "/sessions", operation_id = "listAdminSessions", tag = "admin", responses(
    (status = 200, body = Items<SessionView>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list_sessions(
    State(app): State<App>,
    operator: Operator,
) -> Result<Json<Items<SessionView>>, Problem> {
    let items = sessions::list(&app, &operator).await?;
    Ok(Json(Items { items }))
}

/// End a session of any platform admin.
#[utoipa::path(delete, path = "/sessions/{sessionId}", operation_id = "revokeAdminSession", tag = "admin", params(("sessionId" = SessionId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn revoke_session(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    sessions::revoke(&app, &operator, SessionId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The platform admins, those that were among them.
#[utoipa::path(get, path = "/admins", operation_id = "listAdmins", tag = "admin", responses(
    (status = 200, body = Items<AdminView>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list_admins(
    State(app): State<App>,
    operator: Operator,
) -> Result<Json<Items<AdminView>>, Problem> {
    let items = admins::list(&app, &operator).await?;
    Ok(Json(Items { items }))
}

/// End another platform admin, with every session and link.
#[utoipa::path(post, path = "/admins/{adminId}/deactivate", operation_id = "deactivateAdmin", tag = "admin", params(("adminId" = PlatformAdminId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn deactivate_admin(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    admins::deactivate(&app, &operator, PlatformAdminId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
