//! Requests and answers of the trail.

mod checkpoints;
mod events;
mod export;
mod list;
mod query;
mod verify;

use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(events::events))
        .routes(routes!(export::export))
        .routes(routes!(checkpoints::list, checkpoints::make))
        .routes(routes!(checkpoints::file))
        .routes(routes!(verify::verify, verify::verification))
}

/// The Events API under the path that log collectors know.
pub fn events_api() -> Router<App> {
    Router::new().route("/events/v1", get(events::events))
}
