//! A server whose master key does not open: it lives, says so, and serves nothing of the vault.
//!
//! Nothing is migrated, no database is asked. It looks again every few seconds, so that putting back
//! what was changed is enough: then it ends, and whoever started it starts it again.

use std::net::SocketAddr;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Fatal, health};
use crate::config::{Config, Env, ServerConfig};
use crate::edge::{self, OriginPolicy, Problem};
use crate::infra::telemetry;
use crate::keys::binding::{self, Sealed};

/// How often it looks whether the key opens by now.
const PAUSE: Duration = Duration::from_secs(3);

/// Serves nothing but the reason, until the key opens or a signal comes.
pub(super) async fn serve(env: &Env, why: Sealed) -> Result<(), Fatal> {
    let config = Config::load(env).map_err(Fatal::Config)?;
    telemetry::start(&config.server);
    tracing::error!(reason = %why, "the vault stays shut: its master key does not open here");
    let server = &config.server;
    let (portal, admin) = (plane(server, None), plane(server, Some(why.to_string())));
    tokio::select! {
        ended = listen(server, server.port, portal) => ended,
        ended = listen(server, server.admin_port, admin) => ended,
        () = opened(&config) => {
            tracing::info!("the master key opens by now; ending, to be started again");
            Ok(())
        }
        ended = super::listeners::signalled() => ended,
    }
}

async fn opened(config: &Config) {
    loop {
        tokio::time::sleep(PAUSE).await;
        let binding = config.binding.as_ref();
        if binding.is_none_or(|binding| binding::open(binding, &config.license).is_ok()) {
            return;
        }
    }
}

async fn listen(server: &ServerConfig, port: u16, router: Router) -> Result<(), Fatal> {
    let listener = TcpListener::bind(SocketAddr::new(server.listen, port))
        .await
        .map_err(|error| Fatal::Bind(port, error))?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.map_err(Fatal::Serve)
}

/// Liveness, readiness, and a refusal for everything else. Only the admin plane says why.
pub(crate) fn plane(server: &ServerConfig, why: Option<String>) -> Router {
    let detail = why.unwrap_or_else(|| {
        "The server runs, and its vault stays shut. Whoever operates it finds the reason in its log and \
         on the admin plane."
            .to_owned()
    });
    let refusal = move || refuse(&detail);
    let router = Router::new()
        .route("/health", get(health::health))
        .route("/readyz", get(async || not_ready()))
        .fallback(any(async move || refusal()));
    edge::protect(
        router,
        OriginPolicy::Only(server.origin.clone()),
        server.trusted_proxies.clone(),
    )
}

fn refuse(detail: &str) -> Response {
    let (status, title) = (StatusCode::SERVICE_UNAVAILABLE, "The vault is sealed");
    Problem::new(status, "sealed", title, detail).into_response()
}

/// In the shape of the usual answer, with what is known without opening anything.
fn not_ready() -> Response {
    let checks = json!({ "masterKey": { "ok": false, "reason": "sealed" } });
    let version = env!("CARGO_PKG_VERSION");
    let answer = json!({ "status": "not-ready", "version": version, "checks": checks });
    (StatusCode::SERVICE_UNAVAILABLE, Json(answer)).into_response()
}
