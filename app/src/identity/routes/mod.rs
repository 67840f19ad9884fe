//! `/auth/*` and `/me`.

mod account;
mod factors;
mod passkeys;
mod second_factor;
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
        .merge(second_factor::routes())
        .merge(account::routes())
        .merge(factors::routes())
        .merge(passkeys::routes())
        .merge(sessions::routes())
        .merge(step_up::routes())
        .merge(tokens::routes())
}
