//! `/auth/invitations/*`, for those who are invited.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::{HeaderMap, header};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Asking, Body, Origin, Problem, ProblemBody, UserAgent};
use crate::identity::limit_attempts;
use crate::kernel::Redacted;
use crate::orgs::acceptance::{self, Accepted, Answer, Coming};
use crate::orgs::invitation::InvitationSeen;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(check))
        .routes(routes!(accept))
}

/// The token of an invitation's link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationToken {
    #[schema(value_type = String)]
    token: Redacted<String>,
}

/// Who invites, whom, to what. The invitation stays.
#[utoipa::path(post, path = "/auth/invitations/check", operation_id = "checkInvitation", tag = "session", request_body = InvitationToken, responses(
    (status = 200, body = InvitationSeen),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn check(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<InvitationToken>,
) -> Result<Json<InvitationSeen>, Problem> {
    limit_attempts(&app, origin.address).await?;
    acceptance::check(&app, request.token).await.map(Json)
}

/// What somebody who accepts shows: nothing more when they are signed in with the address; the password
/// of their account; or the name and the password of a new one.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptInvitation {
    /// From the link.
    #[schema(value_type = String)]
    token: Redacted<String>,
    /// For a new account.
    name: Option<String>,
    /// That of the account, or of a new one.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Redacted<String>>,
}

/// Take an invitation up. It works once, and for its address alone.
#[utoipa::path(post, path = "/auth/invitations/accept", operation_id = "acceptInvitation", tag = "session", request_body = AcceptInvitation, responses(
    (status = 200, body = Accepted),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn accept(
    State(app): State<App>,
    Extension(asking): Extension<Asking>,
    origin: Origin,
    user_agent: UserAgent,
    headers: HeaderMap,
    Body(request): Body<AcceptInvitation>,
) -> Result<Response, Problem> {
    limit_attempts(&app, origin.address).await?;
    let answer = Answer {
        token: request.token,
        name: request.name,
        password: request.password,
    };
    let coming = Coming {
        asking,
        headers: &headers,
        origin,
        user_agent,
    };
    let (accepted, cookie) = acceptance::accept(&app, answer, coming).await?;
    let mut response = Json(accepted).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
