//! `/organization/sso` and `/auth/sso/*`.

mod settings;
mod sign_in;

use utoipa_axum::router::OpenApiRouter;

use crate::context::App;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(settings::routes())
        .merge(sign_in::routes())
}
