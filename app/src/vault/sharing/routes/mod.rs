//! `/vaults/{vaultId}/access`, the same of one secret, who can see it, and links to it.

mod links;
mod mine;
mod records;
mod vaults;

use utoipa_axum::router::OpenApiRouter;

use crate::context::App;

/// The routes of sharing.
pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    vaults::routes()
        .merge(records::routes())
        .merge(mine::routes())
        .merge(links::routes())
}
