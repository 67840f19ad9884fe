//! The trash of a vault: in, out again, and gone for good.

use serde_json::json;

use super::write::extend;
use super::{Filter, Wanted, event, list, named, resource, unreadable};
use crate::audit::{Action, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::authz::{Delete, Read};
use crate::context::App;
use crate::edge::{Caller, IfMatch, ListQuery};
use crate::kernel::{Page, VaultId};
use crate::vault::access::{demand, demand_record};
use crate::vault::going;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::Secret;
use crate::vault::store;

/// What is in the trash of a vault, the newest first.
pub(in crate::vault) async fn contents(
    app: &App,
    caller: Caller,
    vault: VaultId,
    query: ListQuery,
) -> Result<Page<Secret>, Error> {
    let filter = Filter {
        trashed: true,
        ..Filter::default()
    };
    list(app, caller, vault, &Wanted { filter, tag: None }, query).await
}

/// Puts a secret into the trash. Nobody finds it but there.
pub(in crate::vault) async fn put(
    app: &App,
    caller: Caller,
    which: Which,
    seen: &IfMatch,
) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Delete>(tx.tenant(), caller, which).await?;
    let now = app.clock.now();
    let version = store::trash::put(tx.tenant(), permit, now).await?;
    let version = version.ok_or(Error::NotFound)?;
    if !seen.allows(version) {
        return Err(Error::VersionConflict);
    }
    let detail = json!({"version": version});
    let event = event(app, caller, Action::SecretTrashed, which, detail);
    let event = named(app, tx.tenant(), permit, event).await?;
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Takes a secret out of the trash again.
pub(in crate::vault) async fn restore(
    app: &App,
    caller: Caller,
    which: Which,
) -> Result<Secret, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Delete>(tx.tenant(), caller, which).await?;
    let version = store::trash::take(tx.tenant(), permit).await?;
    let version = version.ok_or(Error::NotFound)?;
    let reading = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let found = store::secrets::listed(tx.tenant(), reading).await?;
    let found = found.ok_or(Error::NotFound)?;
    let secret = unreadable::listed(app, tx.tenant(), found).await?;
    let detail = json!({"version": version});
    let mut event = event(app, caller, Action::SecretRestored, which, detail);
    if secret.readable {
        event = event.named(&secret.name);
    }
    tx.commit(&app.keys, &event).await?;
    Ok(secret)
}

/// Deletes a secret that is in the trash, with its versions and its key, once there is a fresh proof. It is
/// gone, and its key destroyed, with the entry; what it takes longer to delete follows.
pub(in crate::vault) async fn delete(app: &App, caller: Caller, which: Which) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Delete>(tx.tenant(), caller, which).await?;
    let reading = demand::<Read>(tx.tenant(), caller, which.vault).await?;
    let vault = store::vault(tx.tenant(), reading).await?;
    let vault = vault.ok_or(Error::NotFound)?;
    let event = event(app, caller, Action::SecretDeleted, which, json!({}));
    let mut event = named(app, tx.tenant(), permit, event).await?;
    let version = store::trash::delete(tx.tenant(), permit, app.clock.now()).await?;
    let version = version.ok_or(Error::NotFound)?;
    extend(&mut event.detail, json!({"version": version}));
    // The secret's name is sealed, and what is proved is not.
    let act = Act {
        action: event.action,
        resource: resource(which.secret),
        detail: event.detail.clone(),
        summary: format!("Delete a secret of the vault “{}”, for good.", vault.name),
    };
    let approval = step_up::demand(app, &caller, &act).await?;
    tx.commit(&app.keys, &event.approved(approval)).await?;
    going::begin(app, caller.org).await;
    Ok(())
}
