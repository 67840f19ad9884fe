//! A name for each request, in the answer and in the log.

use axum::extract::Request;
use axum::response::Response;
use http::HeaderValue;
use tracing::Instrument as _;
use uuid::Uuid;

tokio::task_local! {
    static CURRENT: Uuid;
}

/// The id of the request that is being answered; nil outside of one.
pub(super) fn current() -> Uuid {
    CURRENT.try_with(|id| *id).unwrap_or_default()
}

/// Names a request, has it answered, and logs how it ended. An id that the client sends is not used:
/// it could put words into the log.
pub(super) async fn name(
    request: Request,
    answer: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let id = Uuid::now_v7();
    let method = request.method().clone();
    // The path alone: a query may hold what should not be logged.
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = %id.simple());
    let header = HeaderValue::from_str(&id.simple().to_string());
    let answered = async move {
        let started = std::time::Instant::now();
        let mut response = answer(request).await;
        if let Ok(value) = header {
            response.headers_mut().insert("x-request-id", value);
        }
        let status = response.status().as_u16();
        let took = started.elapsed();
        metrics::counter!("http_requests_total", "status" => status_class(status)).increment(1);
        metrics::histogram!("http_request_duration_seconds").record(took);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(%method, path, status, millis, "answered");
        response
    };
    CURRENT.scope(id, answered.instrument(span)).await
}

const fn status_class(status: u16) -> &'static str {
    match status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
