//! `/auth/sign-in`, `/auth/sign-out` and `/auth/switch-organization`.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Body, Caller, Origin, Problem, ProblemBody, UserAgent};
use crate::identity::cookie::SessionCookie;
use crate::identity::model::{Me, SignedIn};
use crate::identity::{credentials, service, sessions};
use crate::kernel::{OrgId, Redacted};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(switch_organization))
}

/// An address and a password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignIn {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Sign in with a password. Whoever has a second factor gets a ticket for it, and no session yet.
/// Limited to a number of attempts for each address.
#[utoipa::path(post, path = "/auth/sign-in", operation_id = "signIn", tag = "session", request_body = SignIn, responses(
    (status = 200, body = SignedIn),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_in(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    headers: HeaderMap,
    Body(request): Body<SignIn>,
) -> Result<impl IntoResponse, Problem> {
    service::limit_attempts(&app, origin.address).await?;
    let given = (request.email.as_str(), request.password);
    let proved = credentials::check(&app, given, origin, &headers).await?;
    let known = (proved.user, proved.epoch);
    let (came, cookie) = service::sign_in(&app, known, (origin, user_agent)).await?;
    let cookies = [cookie, proved.device].into_iter().flatten();
    let cookies = cookies.map(|cookie| (header::SET_COOKIE, cookie));
    let cookies = AppendHeaders(cookies.collect::<Vec<_>>());
    Ok((cookies, Json(came)))
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

/// The organisation to go on in.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Switch {
    organization_id: OrgId,
}

/// Go on in another organisation. The session gets another token.
#[utoipa::path(post, path = "/auth/switch-organization", operation_id = "switchOrganization", tag = "session", request_body = Switch, responses(
    (status = 200, body = Me),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn switch_organization(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Body(request): Body<Switch>,
) -> Result<impl IntoResponse, Problem> {
    let token = SessionCookie::for_server(&app.server)
        .read(&headers)
        .ok_or_else(Problem::forbidden)?;
    let (me, cookie) = sessions::switch(&app, &caller, &token, request.organization_id).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(me)))
}
