//! `/vaults/{vaultId}/access`, the same of one secret, and who can see it.

mod records;
mod vaults;

use utoipa_axum::router::OpenApiRouter;

use crate::context::App;

/// The routes of sharing.
pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    vaults::routes().merge(records::routes())
}
