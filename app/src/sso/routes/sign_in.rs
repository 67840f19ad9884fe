//! `/auth/sso/start` and `/auth/sso/callback`.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Body, Origin, Problem, ProblemBody, UserAgent};
use crate::identity::limit_attempts;
use crate::kernel::{FieldProblem, OrgId};
use crate::sso::flow::{self, Answer, Begin};
use crate::sso::pending::BrowserCookie;
use crate::sso::problem::Refusal;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(callback))
}

/// Who wants to sign in: an address or an organisation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StartSso {
    /// An address; its domain says which organisation.
    email: Option<String>,
    /// Or the organisation itself.
    organization_id: Option<OrgId>,
    /// The path of the portal to go on at; the first page when left out.
    next: Option<String>,
}

/// Where to go.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct SsoStarted {
    /// The address of the provider's sign-in.
    url: String,
}

/// Begin a sign-in through an organisation's identity provider. Answers where the browser goes, and
/// sets a cookie that only the browser that began has when it comes back. Limited to a number of
/// attempts for each address.
#[utoipa::path(post, path = "/auth/sso/start", operation_id = "startSso", tag = "session", request_body = StartSso, responses(
    (status = 200, body = SsoStarted),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 502, description = "The provider cannot be reached.", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn start(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<StartSso>,
) -> Result<Response, Problem> {
    limit_attempts(&app, origin.address).await?;
    let begin = match (request.email, request.organization_id) {
        (Some(email), None) => Begin::Email(email),
        (None, Some(org)) => Begin::Organization(org),
        (Some(_), Some(_)) | (None, None) => {
            let message = "or organizationId must be given, and not both";
            return Err(FieldProblem::new("email", message).into());
        }
    };
    let journey = flow::start(&app, begin, request.next.as_deref()).await?;
    let body = Json(SsoStarted { url: journey.url });
    Ok(([(header::SET_COOKIE, journey.cookie)], body).into_response())
}

/// Come back from the identity provider. A browser is sent here, and is sent on: into the portal
/// with a session, or to the sign-in page with a word about what went wrong.
#[utoipa::path(get, path = "/auth/sso/callback", operation_id = "finishSso", tag = "session", params(Answer), responses(
    (status = 303, description = "Into the portal, or to the sign-in page."),
))]
async fn callback(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, Problem> {
    // A query that cannot be read is no answer to anything.
    let answer = answer.map(|Query(answer)| answer).unwrap_or_default();
    let ended = flow::finish(&app, answer, &headers, (origin, user_agent)).await;
    let (path, session) = match ended {
        Ok((cookie, path)) => (path, Some(cookie)),
        Err(refusal) => (told(&refusal), None),
    };
    let location = HeaderValue::from_str(&format!("{}{path}", app.server.base_url));
    let location = location.map_err(|_| Problem::internal())?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    let used = BrowserCookie::for_server(&app.server).clear();
    for cookie in session.into_iter().chain(used) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The sign-in page, with one word.
fn told(refusal: &Refusal) -> String {
    refusal.log();
    format!("/sign-in?refused={}", refusal.code())
}
