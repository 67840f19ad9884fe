//! Errors as RFC 7644, 3.12 wants them.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::edge::{Problem, error_chain};
use crate::infra::db::DbError;
use crate::kernel::FieldProblem;

/// The media type of SCIM.
pub(super) const MEDIA_TYPE: &str = "application/scim+json";

/// An error on its way to the identity provider.
#[derive(Debug)]
pub(super) enum Error {
    /// One of the protocol's own: status, `scimType` where there is one, and what happened.
    Scim(StatusCode, Option<&'static str>, String),
    /// One of ours, in the protocol's clothes.
    Problem(Problem),
}

impl Error {
    fn bad(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::Scim(StatusCode::BAD_REQUEST, Some(kind), detail.into())
    }

    /// The body is not what the protocol describes.
    pub(super) fn syntax(detail: impl Into<String>) -> Self {
        Self::bad("invalidSyntax", detail)
    }

    /// A value is missing or of the wrong kind.
    pub(super) fn value(detail: impl Into<String>) -> Self {
        Self::bad("invalidValue", detail)
    }

    /// The filter cannot be read.
    pub(super) fn filter(detail: impl Into<String>) -> Self {
        Self::bad("invalidFilter", detail)
    }

    /// The path of an operation cannot be read.
    pub(super) fn path(detail: impl Into<String>) -> Self {
        Self::bad("invalidPath", detail)
    }

    /// The path of an operation meets nothing.
    pub(super) fn no_target(detail: impl Into<String>) -> Self {
        Self::bad("noTarget", detail)
    }

    /// What is to be changed is not to be changed.
    pub(super) fn mutability(detail: impl Into<String>) -> Self {
        Self::bad("mutability", detail)
    }

    /// The answer would be too long.
    pub(super) fn too_many(detail: impl Into<String>) -> Self {
        Self::bad("tooMany", detail)
    }

    /// Somebody else has the name.
    pub(super) fn uniqueness(detail: impl Into<String>) -> Self {
        Self::Scim(StatusCode::CONFLICT, Some("uniqueness"), detail.into())
    }

    /// It may not be done.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::Scim(StatusCode::FORBIDDEN, None, detail.into())
    }

    /// It cannot be done as things are.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::Scim(StatusCode::CONFLICT, None, detail.into())
    }

    /// There is nothing here.
    pub(super) fn not_found() -> Self {
        let detail = "There is nothing here that you can see.";
        Self::Scim(StatusCode::NOT_FOUND, None, detail.to_owned())
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        if error.constraint() == Some("last_owner") {
            return Self::conflict("The last owner of an organisation stays.");
        }
        tracing::debug!(error = error_chain(&error), "scim");
        Self::Problem(error.into())
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<FieldProblem> for Error {
    fn from(problem: FieldProblem) -> Self {
        Self::value(format!("{} {}", problem.name, problem.message))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Scim(status, kind, detail) => {
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                    "status": status.as_u16().to_string(),
                    "detail": detail,
                });
                let body = match kind {
                    Some(kind) => with(body, [("scimType", json!(kind))]),
                    None => body,
                };
                answer(status, &body)
            }
            Self::Problem(problem) => {
                // The status and what is said about waiting stay; the body is SCIM's.
                let of_problem = problem.into_response();
                let status = of_problem.status();
                let detail = status.canonical_reason().unwrap_or("It did not work.");
                let mut response = Self::Scim(status, None, detail.to_owned()).into_response();
                for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
                    if let Some(value) = of_problem.headers().get(&name) {
                        response.headers_mut().insert(name, value.clone());
                    }
                }
                if status == StatusCode::UNAUTHORIZED {
                    let scheme = HeaderValue::from_static("Bearer");
                    response
                        .headers_mut()
                        .insert(header::WWW_AUTHENTICATE, scheme);
                }
                response
            }
        }
    }
}

/// An object with more members.
pub(super) fn with<const N: usize>(mut object: Value, more: [(&str, Value); N]) -> Value {
    if let Value::Object(members) = &mut object {
        let more = more.into_iter();
        members.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    object
}

/// JSON under the media type of SCIM.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let media_type = [(header::CONTENT_TYPE, MEDIA_TYPE)];
    (status, media_type, body.to_string()).into_response()
}
