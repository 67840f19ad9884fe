//! Vaults that nobody owns any more, and owners of the organisation who take them on.
//!
//! It is the one way into a vault that does not go by a role in it, so it is narrow: for owners of the
//! organisation, where no confirmed member owns the vault, and never without an entry in the trail.

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::problem::Error;
use super::store::adoption as store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Page, VaultId};

/// A vault that no member owns.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrphanedVault {
    /// Which.
    pub(super) id: VaultId,
    /// Its name.
    pub(super) name: String,
    /// How many secrets are in it.
    pub(super) secret_count: i64,
    /// Since when it is there.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
}

/// Those that no member owns, newest first.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    query: ListQuery,
) -> Result<Page<OrphanedVault>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let rows = store::orphaned(&mut tx, caller.at, query.cursor, query.limit).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |vault| vault.id.as_uuid()))
}

/// Makes the caller the owner of a vault that no member owns. For any other vault the answer is that of
/// one that is not there.
pub(super) async fn adopt(app: &App, caller: &Caller, vault: VaultId) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let name = store::take(tx.tenant(), vault, (caller.user, caller.at)).await?;
    let name = name.ok_or(Error::NotFound)?;
    let resource = Resource {
        kind: "vault",
        id: vault.as_uuid(),
    };
    let act = Act {
        action: Action::VaultAdopted,
        resource,
        detail: json!({"name": name}),
        summary: format!("Become the owner of the vault “{name}”, which nobody owns."),
    };
    let approval = step_up::demand(app, caller, &act).await?;
    let event = Event::by(app.clock.now(), caller, act.action, act.resource);
    let event = event.with(act.detail).approved(approval);
    Ok(tx.commit(&app.keys, &event).await?)
}
