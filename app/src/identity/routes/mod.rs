//! `/auth/*` and `/me`.

mod account;
mod sessions;
mod sign_in;
mod step_up;

use utoipa_axum::router::OpenApiRouter;

use super::tokens;
use crate::context::App;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(sessions::routes())
        .merge(step_up::routes())
        .merge(tokens::routes())
}
