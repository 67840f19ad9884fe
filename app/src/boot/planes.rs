//! The two planes: what is served where.

use axum::Router;
use axum::extract::{OriginalUri, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::HeaderMap;
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use super::description::write_variants_out;
use super::health;
use crate::context::App;
use crate::edge::{self, OriginPolicy, Problem};
use crate::infra::assets;
use crate::vault::Attempt;
use crate::{admin, audit, authz, identity, links, orgs, policies, scim, sso, teams, vault};

/// The tenant API and its description.
pub fn tenant_api() -> (Router<App>, OpenApi) {
    let mut info = Info::new("VaultTerm", env!("CARGO_PKG_VERSION"));
    info.description = Some("The API of the VaultTerm portal.".to_owned());
    let document = OpenApiBuilder::new().info(info).build();
    let (router, mut document) = OpenApiRouter::with_openapi(document)
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .merge(orgs::routes())
                .merge(policies::routes())
                .merge(identity::routes())
                .merge(teams::routes())
                .merge(links::routes())
                .merge(sso::routes())
                .merge(vault::routes())
                .merge(audit::routes()),
        )
        .split_for_parts();
    authz::describe(&mut document);
    write_variants_out(&mut document);
    (router, document)
}

/// The portal and its API, on the public port.
pub fn tenant_plane(app: &App) -> Router {
    let (api, document) = tenant_api();
    let description = axum::Json(document);
    let door = identity::Door::new(app.clone());
    let scim = scim::router().layer(from_fn_with_state(door.clone(), recognise));
    let router = api
        .merge(audit::events_api())
        .layer(from_fn_with_state((door, app.clone()), admit))
        .nest("/scim/v2", scim)
        .route("/api/openapi.json", get(|| async { description }))
        .route("/api", axum::routing::any(edge::not_found))
        .route("/api/", axum::routing::any(edge::not_found))
        .route("/api/{*rest}", axum::routing::any(edge::not_found))
        .route("/health", get(health::health))
        .route("/readyz", get(health::readyz))
        .fallback(get(|uri, headers| page(uri, headers, "index.html")))
        .method_not_allowed_fallback(edge::method_not_allowed)
        .with_state(app.clone());
    let origin = OriginPolicy::Only(app.server.origin.clone());
    edge::protect(router, origin, app.server.trusted_proxies.clone())
}

/// Finds out who asks, and refuses what the table of routes refuses. Where that would have opened a
/// secret, the trail has it.
async fn admit(
    State((door, app)): State<(identity::Door, App)>,
    mut request: Request,
    next: Next,
) -> Response {
    door.recognise(&mut request).await;
    match authz::enforce(&mut request) {
        Ok(()) => next.run(request).await,
        Err(problem) => match Attempt::of(&request) {
            Some(attempt) => {
                let recorded = attempt.refused(&app, problem.code()).await;
                recorded.err().unwrap_or(problem).into_response()
            }
            None => problem.into_response(),
        },
    }
}

/// Finds out who asks, where a slice has a table of its own.
async fn recognise(
    State(door): State<identity::Door>,
    mut request: Request,
    next: Next,
) -> Response {
    door.recognise(&mut request).await;
    next.run(request).await
}

/// The admin plane, on its own port.
pub fn admin_plane(app: &App, metrics: PrometheusHandle) -> Router {
    let (api, _) = OpenApiRouter::new()
        .nest("/admin/api", admin::routes(app.clone()))
        .split_for_parts();
    let router = api
        .route("/admin/api/{*rest}", axum::routing::any(edge::not_found))
        .route("/health", get(health::health))
        .route("/readyz", get(health::readyz))
        .fallback(get(|uri, headers| page(uri, headers, "admin.html")))
        .method_not_allowed_fallback(edge::method_not_allowed)
        .with_state(app.clone())
        .merge(
            Router::new()
                .route("/metrics", get(health::metrics))
                .with_state((app.clone(), metrics)),
        );
    let proxies = app.server.trusted_proxies.clone();
    edge::protect(router, OriginPolicy::OwnHost, proxies)
}

async fn page(OriginalUri(uri): OriginalUri, headers: HeaderMap, index: &str) -> Response {
    assets::page(uri.path(), index, &headers)
        .unwrap_or_else(|| Problem::not_found().into_response())
}
