//! Use cases of vaults.

use serde_json::json;

use super::access::demand;
use super::model::Vault;
use super::problem::Error;
use super::store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::authz::{ManageVault, Read};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Page, Text, VaultId};

const NAME: Text = Text::line("name", 1, 120);
const DESCRIPTION: Text = Text::lines("description", 1000);

fn resource(vault: VaultId) -> Resource {
    Resource {
        kind: "vault",
        id: vault.as_uuid(),
    }
}

pub(super) async fn list(
    app: &App,
    caller: Caller,
    query: ListQuery,
) -> Result<Page<Vault>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let rows = store::vaults(&mut tx, (caller.user, caller.at), query.cursor, query.limit).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |vault| vault.id.as_uuid()))
}

pub(super) async fn read(app: &App, caller: Caller, vault: VaultId) -> Result<Vault, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = demand::<Read>(&mut tx, caller, vault).await?;
    let found = store::vault(&mut tx, permit).await?;
    tx.finish();
    found.ok_or(Error::NotFound)
}

pub(super) async fn create(
    app: &App,
    caller: Caller,
    name: &str,
    description: &str,
) -> Result<Vault, Error> {
    let (name, description) = (NAME.check(name)?, DESCRIPTION.check(description)?);
    let (id, now) = (VaultId::new(), app.clock.now());
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::insert_vault(tx.tenant(), id, caller.user, (&name, &description), now).await?;
    let event = Event::by(now, &caller, Action::VaultCreated, resource(id)).named(&name);
    tx.commit(&app.keys, &event.with(json!({"name": name})))
        .await?;
    read(app, caller, id).await
}

pub(super) async fn update(
    app: &App,
    caller: Caller,
    vault: VaultId,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<Vault, Error> {
    let name = name.map(|text| NAME.check(text)).transpose()?;
    let description = description
        .map(|text| DESCRIPTION.check(text))
        .transpose()?;
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand::<ManageVault>(tx.tenant(), caller, vault).await?;
    let change = (name.as_deref(), description.as_deref());
    store::update_vault(tx.tenant(), permit, change, now).await?;
    let reading = demand::<Read>(tx.tenant(), caller, vault).await?;
    let changed = store::vault(tx.tenant(), reading).await?;
    let changed = changed.ok_or(Error::NotFound)?;
    let event = Event::by(now, &caller, Action::VaultUpdated, resource(vault)).named(&changed.name);
    let detail = json!({"name": name, "descriptionChanged": description.is_some()});
    tx.commit(&app.keys, &event.with(detail)).await?;
    Ok(changed)
}

pub(super) async fn delete(app: &App, caller: Caller, vault: VaultId) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand::<ManageVault>(tx.tenant(), caller, vault).await?;
    let reading = demand::<Read>(tx.tenant(), caller, vault).await?;
    let gone = store::vault(tx.tenant(), reading)
        .await?
        .ok_or(Error::NotFound)?;
    let act = deletion(&gone);
    let approval = step_up::demand(app, &caller, &act).await?;
    store::delete_vault(tx.tenant(), permit).await?;
    let event = Event::by(app.clock.now(), &caller, act.action, act.resource).named(&gone.name);
    let event = event.with(act.detail).approved(approval);
    Ok(tx.commit(&app.keys, &event).await?)
}

fn deletion(vault: &Vault) -> Act {
    let (name, secrets) = (&vault.name, vault.secret_count);
    let what = match secrets {
        0 => "which is empty".to_owned(),
        1 => "and the secret in it".to_owned(),
        more => format!("and the {more} secrets in it"),
    };
    Act {
        action: Action::VaultDeleted,
        resource: resource(vault.id),
        detail: json!({"name": name, "secrets": secrets}),
        summary: format!("Delete the vault “{name}”, {what}."),
    }
}
