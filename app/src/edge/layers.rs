//! What stands around every route.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;

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
        .layer(from_fn(limit_time))
        .layer(from_fn_with_state(origin, check_origin))
        .layer(from_fn_with_state(proxies, resolve_client))
        .layer(from_fn(security_headers))
        .layer(from_fn(request_id::name_request))
}

/// Ends what takes too long. What it had begun in the database is rolled back with it.
async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => {
            tracing::warn!(limit_sec = TIME_LIMIT.as_secs(), "a request took too long");
            Problem::unavailable().into_response()
        }
    }
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::{Body, to_bytes};
    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use http::header;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_a_problem_like_any_other() {
        let router = Router::new().route("/", get(std::future::pending::<Response>));
        let origin = OriginPolicy::Only("http://localhost:4000".to_owned());
        let router = protect(router, origin, TrustedProxies::default());
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        let peer: SocketAddr = "192.0.2.7:40000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let headers = answer.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(headers[header::RETRY_AFTER], "5");
        let body = to_bytes(answer.into_body(), 4096).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "unavailable");
        assert_eq!(body["requestId"].as_str().unwrap().len(), 32);
    }
}
