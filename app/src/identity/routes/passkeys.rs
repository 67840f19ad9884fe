//! Passkeys: made, and shown to sign in.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Body, Caller, Origin, Problem, ProblemBody, UserAgent};
use crate::identity::cookie::SessionCookie;
use crate::identity::factors::FactorAdded;
use crate::identity::model::SignedIn;
use crate::identity::passkeys::{self, Ceremony, Given};
use crate::identity::service;
use crate::identity::tickets::TicketToken;
use crate::kernel::{FactorId, Redacted};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin))
        .routes(routes!(add))
        .routes(routes!(ask))
        .routes(routes!(prove))
        .routes(routes!(ask_second))
        .routes(routes!(prove_second))
}

/// Begin to add a passkey or security key.
#[utoipa::path(post, path = "/me/factors/passkeys/options", operation_id = "beginPasskey", tag = "account", responses(
    (status = 200, body = Ceremony),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn begin(State(app): State<App>, caller: Caller) -> Result<Json<Ceremony>, Problem> {
    passkeys::begin(&app, &caller).await.map(Json)
}

/// A passkey that a browser made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPasskey {
    /// The ceremony that was begun.
    id: FactorId,
    /// What its owner calls it.
    name: String,
    /// What the browser answered.
    #[schema(value_type = Object)]
    credential: Map<String, Value>,
}

/// Add the passkey that was made. The session gets another token. With a first second factor come
/// recovery codes, and every other device is signed out.
#[utoipa::path(post, path = "/me/factors/passkeys", operation_id = "addPasskey", tag = "account", request_body = NewPasskey, responses(
    (status = 200, body = FactorAdded),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn add(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Body(new): Body<NewPasskey>,
) -> Result<impl IntoResponse, Problem> {
    let token = SessionCookie::for_server(&app.server)
        .read(&headers)
        .ok_or_else(Problem::forbidden)?;
    let named = (new.id, new.name.as_str());
    let (added, cookie) = passkeys::add(&app, &caller, &token, named, new.credential).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(added)))
}

/// Begin to sign in by a passkey alone.
#[utoipa::path(post, path = "/auth/passkey/options", operation_id = "beginPasskeySignIn", tag = "session", responses(
    (status = 200, body = Ceremony),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn ask(State(app): State<App>, origin: Origin) -> Result<Json<Ceremony>, Problem> {
    service::limit_attempts(&app, origin.address).await?;
    passkeys::ask(&app).await.map(Json)
}

/// A passkey that a browser was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShownPasskey {
    /// The ceremony that was begun.
    id: FactorId,
    /// What the browser answered.
    #[schema(value_type = Object)]
    credential: Map<String, Value>,
}

/// Sign in by a passkey alone: it verifies its person, and knows whose it is.
#[utoipa::path(post, path = "/auth/passkey", operation_id = "signInWithPasskey", tag = "session", request_body = ShownPasskey, responses(
    (status = 200, body = SignedIn),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn prove(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    Body(request): Body<ShownPasskey>,
) -> Result<impl IntoResponse, Problem> {
    service::limit_attempts(&app, origin.address).await?;
    let given = Given::read(request.credential)?;
    let from = (origin, user_agent);
    let (me, cookie) = passkeys::prove(&app, request.id, given, from).await?;
    Ok((
        [(header::SET_COOKIE, cookie)],
        Json(SignedIn::SignedIn { me }),
    ))
}

/// The ticket of the first stage.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TicketOnly {
    #[schema(value_type = String)]
    ticket: Redacted<String>,
}

/// What the browser is asked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PasskeyOptions {
    /// What `navigator.credentials.get` is called with.
    #[schema(value_type = Object)]
    options: Value,
}

/// Begin the second stage of a sign-in by a passkey.
#[utoipa::path(post, path = "/auth/second-factor/passkey/options", operation_id = "beginSecondFactorPasskey", tag = "session", request_body = TicketOnly, responses(
    (status = 200, body = PasskeyOptions),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn ask_second(
    State(app): State<App>,
    origin: Origin,
    Body(request): Body<TicketOnly>,
) -> Result<Json<PasskeyOptions>, Problem> {
    service::limit_attempts(&app, origin.address).await?;
    let token = TicketToken::from_request(request.ticket);
    let options = passkeys::ask_second(&app, &token).await?;
    Ok(Json(PasskeyOptions { options }))
}

/// The ticket of the first stage, and a passkey that a browser was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SecondPasskey {
    #[schema(value_type = String)]
    ticket: Redacted<String>,
    /// What the browser answered.
    #[schema(value_type = Object)]
    credential: Map<String, Value>,
}

/// Sign in with a passkey after the password.
#[utoipa::path(post, path = "/auth/second-factor/passkey", operation_id = "proveSecondFactorPasskey", tag = "session", request_body = SecondPasskey, responses(
    (status = 200, body = SignedIn),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn prove_second(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    Body(request): Body<SecondPasskey>,
) -> Result<impl IntoResponse, Problem> {
    service::limit_attempts(&app, origin.address).await?;
    let given = Given::read(request.credential)?;
    let token = TicketToken::from_request(request.ticket);
    let from = (origin, user_agent);
    let (me, cookie) = passkeys::prove_second(&app, token, given, from).await?;
    Ok((
        [(header::SET_COOKIE, cookie)],
        Json(SignedIn::SignedIn { me }),
    ))
}
