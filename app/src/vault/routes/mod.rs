//! `/vaults` and what is in them.

mod adoption;
mod secrets;
mod vaults;

use utoipa_axum::router::OpenApiRouter;

use super::sharing;
use crate::context::App;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    vaults::routes()
        .merge(secrets::routes())
        .merge(adoption::routes())
        .merge(sharing::routes())
}
