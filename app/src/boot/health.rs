//! Liveness, readiness and metrics.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;

use super::{Fatal, Readiness};
use crate::context::App;
use crate::edge::Problem;
use crate::operators;

/// The answer of `/health`: the process lives, and this is what it is.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
    keys: &'static str,
}

pub(super) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        keys: license::keys::kind().as_str(),
    })
}

pub(super) async fn readyz(State(app): State<App>) -> Response {
    let readiness = Readiness::look(&app).await;
    let status = if readiness.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

/// Makes the process count; once for each process.
pub(super) fn install_metrics() -> Result<PrometheusHandle, Fatal> {
    PrometheusBuilder::new()
        .install_recorder()
        .map_err(|_| Fatal::Metrics)
}

/// Measurements are kept one by one until they are summed up; without a scraper nobody else does.
pub(super) async fn keep_metrics_small(handle: &PrometheusHandle) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        handle.run_upkeep();
    }
}

pub(super) async fn metrics(
    State((app, handle)): State<(App, PrometheusHandle)>,
    headers: HeaderMap,
) -> Response {
    let expected = app.security.metrics_token.as_ref();
    if expected.is_some_and(|token| !operators::brings(&headers, token)) {
        let detail = "Send METRICS_TOKEN as a bearer token.";
        let title = "The metrics token is needed";
        return Problem::new(
            StatusCode::UNAUTHORIZED,
            "metrics-token-needed",
            title,
            detail,
        )
        .into_response();
    }
    handle.run_upkeep();
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        handle.render(),
    )
        .into_response()
}
