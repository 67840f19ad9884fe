//! What stands around every route.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::{ClientAddress, Deadline, OriginPolicy, Problem, headers, request_id};
use crate::config::TrustedProxies;

/// The largest body of a request, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// What a listener knows of those who come.
#[derive(Debug)]
struct Gate {
    origin: OriginPolicy,
    proxies: TrustedProxies,
}

/// Wraps a router: name, headers, client, origin, limits, panics; outermost first. One layer, since
/// each has a copy of the router made for every request.
pub fn protect(router: Router, origin: OriginPolicy, proxies: TrustedProxies) -> Router {
    let gate = Arc::new(Gate { origin, proxies });
    let panics = CatchPanicLayer::custom(|_| {
        tracing::error!("a handler panicked");
        Problem::internal().into_response()
    });
    let limit = DefaultBodyLimit::max(MAX_BODY);
    router.layer((from_fn_with_state(gate, around), panics, limit))
}

async fn around(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = ClientAddress::of(&gate.proxies, peer.ip(), request.headers());
    request.extensions_mut().insert(client);
    let mut response = request_id::name(request, async |request: Request| {
        match gate.origin.judge(&request) {
            Ok(()) => within_time(request, next).await,
            Err(problem) => problem.into_response(),
        }
    })
    .await;
    headers::secure(response.headers_mut());
    response
}

/// Ends what takes too long. What it had begun in the database is rolled back with it.
async fn within_time(mut request: Request, next: Next) -> Response {
    let deadline = Deadline::new();
    request.extensions_mut().insert(deadline.clone());
    deadline.keep(next.run(request)).await.unwrap_or_else(|| {
        tracing::warn!("a request took too long");
        Problem::unavailable().into_response()
    })
}

/// The answer to a path that names nothing.
pub async fn not_found() -> Response {
    Problem::not_found().into_response()
}

/// The answer to a path that exists, but not for this method.
pub async fn method_not_allowed() -> Response {
    Problem::method_not_allowed().into_response()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::{Body, to_bytes};
    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use http::{StatusCode, header};
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
