//! Who may read the admin plane: whoever holds the token.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::context::App;
use crate::edge::Problem;
use crate::kernel::Redacted;

/// Demands the admin token. Without a configured one, which only development allows, nobody is
/// kept out.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    if bearer_matches(request.headers(), app.security.admin_token.as_ref()) {
        return next.run(request).await;
    }
    let detail = "Send the admin token as a bearer token. The installer keeps it in \
                  secrets/admin_token.";
    let refusal = Problem::new(
        StatusCode::UNAUTHORIZED,
        "admin-token-needed",
        "The admin token is needed",
        detail,
    );
    ([(header::WWW_AUTHENTICATE, "Bearer")], refusal).into_response()
}

/// Whether a request carries a token; compared by digest, in constant time.
pub(crate) fn bearer_matches(headers: &HeaderMap, expected: Option<&Redacted<String>>) -> bool {
    let Some(expected) = expected else {
        return true;
    };
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    Sha256::digest(given)
        .ct_eq(&Sha256::digest(expected.expose()))
        .into()
}
