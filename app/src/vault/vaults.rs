//! Use cases of vaults.

use serde_json::json;

use super::access::demand;
use super::going;
use super::model::Vault;
use super::problem::Error;
use super::store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::authz::{ManageVault, Read};
use crate::context::App;
use crate::edge::{Caller, IdempotencyKey, IfMatch, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Page, Text, VaultId};
use crate::once::{Made, Once, OnceError};

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
    (name, description): (&str, &str),
    key: &IdempotencyKey,
) -> Result<Vault, Error> {
    let (name, description) = (NAME.check(name)?, DESCRIPTION.check(description)?);
    let once = Once::of(app, &caller, key, ("vault", &(&name, &description)))?;
    let (id, now) = (VaultId::new(), app.clock.now());
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let making = Made::of(id.as_uuid());
    if let Some(before) = once.claim(tx.tenant(), &making).await? {
        drop(tx);
        return match read(app, caller, VaultId::from_uuid(before.id)).await {
            Err(Error::NotFound) => Err(OnceError::MadeBefore.into()),
            found => found,
        };
    }
    store::insert_vault(tx.tenant(), id, caller.user, (&name, &description), now).await?;
    let event = Event::by(now, &caller, Action::VaultCreated, resource(id)).named(&name);
    tx.commit(&app.keys, &event.with(json!({"name": name})))
        .await?;
    read(app, caller, id).await
}

pub(super) async fn update(
    app: &App,
    caller: Caller,
    (vault, seen): (VaultId, &IfMatch),
    (name, description): (Option<&str>, Option<&str>),
) -> Result<Vault, Error> {
    let name = name.map(|text| NAME.check(text)).transpose()?;
    let description = description
        .map(|text| DESCRIPTION.check(text))
        .transpose()?;
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand::<ManageVault>(tx.tenant(), caller, vault).await?;
    let reading = demand::<Read>(tx.tenant(), caller, vault).await?;
    let before = store::vault(tx.tenant(), reading).await?;
    let before = before.ok_or(Error::NotFound)?;
    seen.demanded()?;
    let change = (name.as_deref(), description.as_deref());
    if !seen.allows(before.version)
        || !store::update_vault(tx.tenant(), (permit, before.version), change, now).await?
    {
        return Err(Error::VersionConflict);
    }
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
    let trashed = store::trash::count(tx.tenant(), permit).await?;
    let act = deletion(&gone, trashed);
    let approval = step_up::demand(app, &caller, &act).await?;
    let now = app.clock.now();
    if !store::let_go(tx.tenant(), permit, now).await? {
        return Err(Error::NotFound);
    }
    let event = Event::by(now, &caller, act.action, act.resource).named(&gone.name);
    let event = event.with(act.detail).approved(approval);
    tx.commit(&app.keys, &event).await?;
    going::begin(app, caller.org).await;
    Ok(())
}

/// What goes with a vault: what is in it, and what was thrown away and could have come back.
fn deletion(vault: &Vault, trashed: i64) -> Act {
    let (name, secrets) = (&vault.name, vault.secret_count);
    let count = |many: i64| match many {
        1 => "1 secret".to_owned(),
        more => format!("{more} secrets"),
    };
    let what = match (secrets, trashed) {
        (0, 0) => "which is empty".to_owned(),
        (here, 0) => format!("with {}", count(here)),
        (0, there) => format!("with {} in its trash", count(there)),
        (here, there) => format!("with {} and {} in its trash", count(here), count(there)),
    };
    Act {
        action: Action::VaultDeleted,
        resource: resource(vault.id),
        detail: json!({"name": name, "secrets": secrets, "trashed": trashed}),
        summary: format!("Delete the vault “{name}”, {what}."),
    }
}
