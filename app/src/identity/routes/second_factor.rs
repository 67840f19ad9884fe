//! `/auth/second-factor`: the second stage of a sign-in.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;
use crate::edge::{Body, Origin, Problem, ProblemBody, UserAgent};
use crate::identity::model::SignedIn;
use crate::identity::second_factor::{self, Proof};
use crate::identity::service;
use crate::identity::tickets::TicketToken;
use crate::kernel::{FieldProblem, Redacted};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(second_factor))
}

/// The ticket of the first stage, and one of the two proofs that can be typed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecondFactorProof {
    #[schema(value_type = String)]
    ticket: Redacted<String>,
    /// Six digits of an authenticator app.
    #[schema(value_type = Option<String>)]
    totp: Option<Redacted<String>>,
    /// A recovery code. It works once.
    #[schema(value_type = Option<String>)]
    recovery_code: Option<Redacted<String>>,
}

/// Sign in with a second factor. A code is taken once, and a ticket is good for a few attempts.
#[utoipa::path(post, path = "/auth/second-factor", operation_id = "proveSecondFactor", tag = "session", request_body = SecondFactorProof, responses(
    (status = 200, body = SignedIn),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn second_factor(
    State(app): State<App>,
    origin: Origin,
    user_agent: UserAgent,
    Body(request): Body<SecondFactorProof>,
) -> Result<impl IntoResponse, Problem> {
    service::limit_attempts(&app, origin.address).await?;
    let proof = match (request.totp, request.recovery_code) {
        (Some(code), None) => Proof::Totp(code),
        (None, Some(code)) => Proof::RecoveryCode(code),
        (None, None) | (Some(_), Some(_)) => {
            return Err(FieldProblem::new("totp", "or a recovery code: one of the two").into());
        }
    };
    let token = TicketToken::from_request(request.ticket);
    let from = (origin, user_agent);
    let (me, cookie) = second_factor::prove(&app, token, proof, from).await?;
    Ok((
        [(header::SET_COOKIE, cookie)],
        Json(SignedIn::SignedIn { me }),
    ))
}
