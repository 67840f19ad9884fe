//! Records that somebody has on their own, and not by a role in their vault.

use serde::Serialize;
use time::OffsetDateTime;

use super::super::problem::Error;
use super::super::record::Secret;
use super::super::secrets::unreadable;
use super::store::mine as store;
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Page, VaultRole};

/// A secret that the caller has on its own, and not the vault that it is in.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SharedSecret {
    /// The secret.
    secret: Secret,
    /// What the caller may do with it.
    role: VaultRole,
    /// Until when they have some role in it; null for good.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    expires_at: Option<OffsetDateTime>,
}

/// One page of them, the newest first.
pub(super) async fn list(
    app: &App,
    caller: Caller,
    query: ListQuery,
) -> Result<Page<SharedSecret>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let rows = store::shared(&mut tx, (caller.user, caller.at), query).await?;
    let page = Page::cut(rows, query.limit, |row| row.listed.id.as_uuid());
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(SharedSecret {
            secret: unreadable::listed(app, &mut tx, row.listed).await?,
            role: row.role,
            expires_at: row.ends,
        });
    }
    tx.finish();
    Ok(Page {
        items,
        next_cursor: page.next_cursor,
    })
}
