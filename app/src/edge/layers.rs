//! What stands around every route.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::{OriginPolicy, Problem, check_origin, request_id, resolve_client, security_headers};
use crate::config::TrustedProxies;

/// The largest body of a request, in bytes.
const MAX_BODY: usize = 256 * 1024;
/// The longest that a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// Wraps a router: name, headers, client, origin, limits, panics; outermost first.
pub fn protect(router: Router, origin: OriginPolicy, proxies: TrustedProxies) -> Router {
    router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(|_| {
            tracing::error!("a handler panicked");
            Problem::internal().into_response()
        }))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            TIME_LIMIT,
        ))
        .layer(from_fn_with_state(origin, check_origin))
        .layer(from_fn_with_state(proxies, resolve_client))
        .layer(from_fn(security_headers))
        .layer(from_fn(request_id::name_request))
}

/// The answer to a path that names nothing.
pub async fn not_found() -> Response {
    Problem::not_found().into_response()
}

/// The answer to a path that exists, but not for this method.
pub async fn method_not_allowed() -> Response {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This cannot be done here",
        "The address exists, but not for this method.",
    )
    .into_response()
}
