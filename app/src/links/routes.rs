//! `/auth/options`, `/auth/reset*`, `/auth/confirm-email`, `/me/email`,
//! `/members/{userId}/reset-link` and `/members/{userId}/factors`.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::address::{self, AddressChange};
use super::factors;
use super::options::{self, AuthOptions};
use super::reset::{self, ResetLink};
use super::sign_up::{self, Wanted};
use crate::context::App;
use crate::edge::{Body, Caller, Id, Origin, Problem, ProblemBody};
use crate::identity::limit_attempts;
use crate::kernel::{Redacted, UserId};

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth_options))
        .routes(routes!(request_reset))
        .routes(routes!(reset_password))
        .routes(routes!(make_reset_link))
        .routes(routes!(remove_member_factors))
        .routes(routes!(change_email))
        .routes(routes!(confirm_email))
        .routes(routes!(sign_up))
}

/// What the sign-in page may offer.
#[utoipa::path(get, path = "/auth/options", operation_id = "getAuthOptions", tag = "session", responses(
    (status = 200, body = AuthOptions),
))]
async fn auth_options(State(app): State<App>) -> Result<Json<AuthOptions>, Problem> {
    options::options(&app).await.map(Json)
}

/// The address of an account.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequestReset {
    email: String,
}

/// Ask for a link to a new password. The answer is the same whether or not there is such an account.
#[utoipa::path(post, path = "/auth/reset/request", operation_id = "requestReset", tag = "account", request_body = RequestReset, responses(
    (status = 204),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn request_reset(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<RequestReset>,
) -> Result<StatusCode, Problem> {
    limit_attempts(&app, origin.address).await?;
    reset::request(&app, &request.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The token of a link, and a password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reset {
    /// From the link.
    #[schema(value_type = String)]
    token: Redacted<String>,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Set a new password with a link. Signs everybody out, and nobody in.
#[utoipa::path(post, path = "/auth/reset", operation_id = "resetPassword", tag = "account", request_body = Reset, responses(
    (status = 204),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn reset_password(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<Reset>,
) -> Result<impl IntoResponse, Problem> {
    limit_attempts(&app, origin.address).await?;
    let known = reset::reset(&app, request.token, request.password, origin).await?;
    let known = known.map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, AppendHeaders(known)))
}

/// Make a one-time link with which a member sets a new password, to be handed over.
#[utoipa::path(post, path = "/members/{userId}/reset-link", operation_id = "makeResetLink", tag = "organization", params(("userId" = UserId, Path)), responses(
    (status = 200, body = ResetLink),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn make_reset_link(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
) -> Result<Json<ResetLink>, Problem> {
    let user = UserId::from_uuid(user);
    reset::make_for(&app, &caller, user).await.map(Json)
}

/// Remove every second factor and recovery code of a member who has lost them. They are signed out, and
/// sign in with their password until they have set up another.
#[utoipa::path(delete, path = "/members/{userId}/factors", operation_id = "removeMemberFactors", tag = "organization", params(("userId" = UserId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn remove_member_factors(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    factors::remove_of(&app, &caller, UserId::from_uuid(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another address, and the password of today.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangeEmail {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Ask to sign in with another address. It counts once it is confirmed.
#[utoipa::path(post, path = "/me/email", operation_id = "changeEmail", tag = "account", request_body = ChangeEmail, responses(
    (status = 200, body = AddressChange),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn change_email(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ChangeEmail>,
) -> Result<Json<AddressChange>, Problem> {
    let (email, password) = (request.email.as_str(), request.password);
    address::ask(&app, &caller, email, password).await.map(Json)
}

/// The token of a link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConfirmEmail {
    /// From the link.
    #[schema(value_type = String)]
    token: Redacted<String>,
    /// For a link that opens an account: the password that was chosen at sign-up.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Redacted<String>>,
}

/// Confirm an address with the link that was sent to it, or open the account that somebody signed up
/// for.
#[utoipa::path(post, path = "/auth/confirm-email", operation_id = "confirmEmail", tag = "account", request_body = ConfirmEmail, responses(
    (status = 204),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn confirm_email(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<ConfirmEmail>,
) -> Result<StatusCode, Problem> {
    limit_attempts(&app, origin.address).await?;
    address::confirm(&app, request.token, request.password, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who signs up.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignUp {
    email: String,
    name: String,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
}

/// Sign up without an invitation, where an organisation lets one's address in. The answer is the same
/// whether or not it does; the address is told.
#[utoipa::path(post, path = "/auth/sign-up", operation_id = "signUp", tag = "account", request_body = SignUp, responses(
    (status = 204),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_up(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<SignUp>,
) -> Result<StatusCode, Problem> {
    limit_attempts(&app, origin.address).await?;
    let wanted = Wanted {
        email: request.email,
        name: request.name,
        password: request.password,
    };
    sign_up::sign_up(&app, wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}
