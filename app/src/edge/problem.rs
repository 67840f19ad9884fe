//! Errors as RFC 9457 problem details, each with a stable code.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::request_id;
use crate::infra::cache::CacheDown;
use crate::infra::db::DbError;
use crate::kernel::{FieldProblem, StepUpId, error_chain};

/// An error on its way to the client. The source is logged where it happens and never sent.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    fields: Vec<FieldProblem>,
    retry_after_sec: Option<u64>,
    step_up: Option<StepUpId>,
}

/// The body of every error answer (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// A URN that names the kind of problem.
    r#type: String,
    /// The kind in a few words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened and what to do.
    detail: String,
    /// The last part of the type, for programs.
    code: &'static str,
    /// What to tell the operator, to find it in the log.
    request_id: String,
    /// Which fields of the request are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldProblem>,
    /// What has to be proved before the same request is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_up: Option<StepUpNeeded>,
}

/// The proof that an act still needs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StepUpNeeded {
    /// Where to prove it: `/auth/step-up/{stepUpId}`.
    id: StepUpId,
}

impl Problem {
    /// A problem of one kind.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, title: &'static str, detail: &str) -> Self {
        Self {
            status,
            code,
            title,
            detail: detail.to_owned(),
            fields: Vec::new(),
            retry_after_sec: None,
            step_up: None,
        }
    }

    /// The resource does not exist, or not for this caller: the two look the same.
    #[must_use]
    pub fn not_found() -> Self {
        let detail = "There is nothing here that you can see.";
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// The address exists, but not for this method.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "This cannot be done here",
            "The address exists, but not for this method.",
        )
    }

    /// The caller can see the thing, but may not do this with it.
    #[must_use]
    pub fn forbidden() -> Self {
        let detail = "Your role does not allow this. Ask somebody who manages it.";
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// One organisation's identity provider vouched for the caller, and that holds nowhere else.
    #[must_use]
    pub fn own_sign_in_needed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "own-sign-in-needed",
            "Sign in by your own means for this",
            "An organisation's identity provider has let you in, and that holds in this organisation \
             alone. To go elsewhere or to change your account, sign out and sign in with your password \
             or passkey.",
        )
    }

    /// What is asked for is done by a person who is there, and by no token.
    #[must_use]
    pub fn session_needed() -> Self {
        let detail = "Sign in with a browser.";
        let title = "No token may do this";
        Self::new(StatusCode::FORBIDDEN, "session-needed", title, detail)
    }

    /// The act needs a fresh proof that it is this person. Once it is given, the same request is
    /// sent again, and names it.
    #[must_use]
    pub fn step_up_required(id: StepUpId) -> Self {
        let mut problem = Self::new(
            StatusCode::FORBIDDEN,
            "step-up-required",
            "Confirm that it is you",
            "Give the proof that is named, then send the same request with its id in the header \
             VaultTerm-Step-Up.",
        );
        problem.step_up = Some(id);
        problem
    }

    /// The platform has suspended the organisation.
    #[must_use]
    pub fn suspended() -> Self {
        let detail = "The operator of this server has suspended the organisation. What it keeps is \
                      untouched. Ask them about it.";
        Self::new(
            StatusCode::FORBIDDEN,
            "organization-suspended",
            "Your organisation is suspended",
            detail,
        )
    }

    /// Some fields are wrong.
    #[must_use]
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "Some fields are not right",
            "Correct the fields that are named and send the request again.",
        );
        problem.fields = fields;
        problem
    }

    /// The request cannot be read at all.
    #[must_use]
    pub fn bad_request(detail: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad-request",
            "The request cannot be read",
            detail,
        )
    }

    /// Something the service needs is away; trying again later is right.
    #[must_use]
    pub fn unavailable() -> Self {
        let detail = "A service that this needs does not answer. Try again in a moment.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut problem = Self::new(status, "unavailable", "Temporarily unavailable", detail);
        problem.retry_after_sec = Some(5);
        problem
    }

    /// A fault of ours. The cause is in the log under the request's id.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "This is a fault of the server. Its log has more under the request's id.";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong",
            detail,
        )
    }

    /// Too many attempts.
    #[must_use]
    pub fn rate_limited(retry_after_sec: u64) -> Self {
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate-limited",
            "Too many attempts",
            "Wait before you try again.",
        );
        problem.retry_after_sec = Some(retry_after_sec);
        problem
    }

    /// Others are at the same work, as many as the server or the organisation allows at a time.
    #[must_use]
    pub fn busy() -> Self {
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "busy",
            "Too many of these at a time",
            "You, your organisation or others on this server are doing this already, as often as it is \
             done at a time. Nothing was changed. Try again in a moment.",
        );
        problem.retry_after_sec = Some(5);
        problem
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The proof that it demands, if it demands one.
    #[must_use]
    pub const fn step_up(&self) -> Option<StepUpId> {
        self.step_up
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let chain = error_chain(&error);
        if error.is_unavailable() {
            tracing::warn!(error = chain, "database unavailable");
            Self::unavailable()
        } else {
            tracing::error!(error = chain, "database");
            Self::internal()
        }
    }
}

impl From<CacheDown> for Problem {
    fn from(error: CacheDown) -> Self {
        tracing::warn!(error = error_chain(&error), "cache unavailable");
        Self::unavailable()
    }
}

impl From<FieldProblem> for Problem {
    fn from(field: FieldProblem) -> Self {
        Self::invalid(vec![field])
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: format!("urn:vaultterm:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            request_id: request_id::current().simple().to_string(),
            fields: self.fields,
            step_up: self.step_up.map(|id| StepUpNeeded { id }),
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_sec {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
