//! Use cases of secrets.

use serde_json::{Value as Json, json};

use super::access::{demand, demand_record};
use super::model::{Draft, Meta, SecretSummary, SecretType, SecretValue};
use super::problem::Error;
use super::seal::Record;
use super::store::{self, Stored};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::authz::{Delete, Read, Write};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{FieldProblem, Page, SecretId, VaultId};
use crate::keys::registry;

/// Which secret in which vault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Which {
    pub(super) vault: VaultId,
    pub(super) secret: SecretId,
}

impl Which {
    /// The two ids.
    pub(super) const fn pair(self) -> (VaultId, SecretId) {
        (self.vault, self.secret)
    }
}

const fn resource(secret: SecretId) -> Resource {
    Resource {
        kind: "secret",
        id: secret.as_uuid(),
    }
}

fn event(app: &App, caller: Caller, action: Action, which: Which, more: Json) -> Event {
    let mut detail = json!({"vaultId": which.vault});
    if let (Json::Object(detail), Json::Object(more)) = (&mut detail, more) {
        detail.extend(more);
    }
    Event::by(app.clock.now(), &caller, action, resource(which.secret)).with(detail)
}

fn record(app: &App, caller: Caller, id: SecretId) -> Record<'_> {
    Record {
        keys: &app.keys,
        org: caller.org,
        id,
    }
}

fn summary(
    app: &App,
    caller: Caller,
    vault: VaultId,
    stored: Stored,
) -> Result<SecretSummary, Error> {
    let meta = record(app, caller, stored.id).open_meta(&stored.sealed)?;
    Ok(SecretSummary {
        id: stored.id,
        vault_id: vault,
        r#type: stored.r#type,
        name: meta.name,
        username: meta.username,
        url: meta.url,
        version: stored.sealed.version,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        updated_by: stored.updated_by,
    })
}

pub(super) async fn list(
    app: &App,
    caller: Caller,
    vault: VaultId,
    query: ListQuery,
) -> Result<Page<SecretSummary>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = demand::<Read>(&mut tx, caller, vault).await?;
    let rows = store::secrets(&mut tx, permit, query.cursor, query.limit).await?;
    tx.finish().await?;
    let page = Page::cut(rows, query.limit, |row| row.id.as_uuid());
    let items = page
        .items
        .into_iter()
        .map(|row| summary(app, caller, vault, row));
    Ok(Page {
        items: items.collect::<Result<_, _>>()?,
        next_cursor: page.next_cursor,
    })
}

pub(super) async fn read(app: &App, caller: Caller, which: Which) -> Result<SecretSummary, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Read>(&mut tx, caller, which.pair()).await?;
    let found = store::secret(&mut tx, permit).await?;
    tx.finish().await?;
    summary(app, caller, which.vault, found.ok_or(Error::NotFound)?)
}

pub(super) async fn create(
    app: &App,
    caller: Caller,
    vault: VaultId,
    draft: Draft,
) -> Result<SecretSummary, Error> {
    let draft = draft.check()?;
    if draft.name.is_none() {
        return Err(FieldProblem::new("name", "must not be empty").into());
    }
    let mut meta = Meta {
        name: String::new(),
        username: String::new(),
        url: String::new(),
    };
    let mut value = SecretValue {
        password: String::new(),
        notes: String::new(),
        custom_fields: Vec::new(),
    };
    draft.apply(&mut meta, &mut value);
    let which = Which {
        vault,
        secret: SecretId::new(),
    };
    match store_new(app, caller, which, &meta, &value).await {
        // Another key has become the current one since this server looked last.
        Err(Error::Database(error)) if registry::is_outdated(&error) => {
            registry::refresh(&app.db, &app.keys).await??;
            store_new(app, caller, which, &meta, &value).await?;
        }
        stored => stored?,
    }
    read(app, caller, which).await
}

async fn store_new(
    app: &App,
    caller: Caller,
    which: Which,
    meta: &Meta,
    value: &SecretValue,
) -> Result<(), Error> {
    let sealed = record(app, caller, which.secret).seal_new(meta, value)?;
    let detail = json!({"type": "PASSWORD", "version": sealed.version});
    let event = event(app, caller, Action::SecretCreated, which, detail);
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand::<Write>(tx.tenant(), caller, which.vault).await?;
    let new = (which.secret, SecretType::Password);
    store::insert_secret(tx.tenant(), permit, new, &sealed, event.at).await?;
    Ok(tx.commit(&app.keys, &event).await?)
}

pub(super) async fn update(
    app: &App,
    caller: Caller,
    which: Which,
    expected: i32,
    draft: Draft,
) -> Result<SecretSummary, Error> {
    let draft = draft.check()?;
    let fields = draft.fields();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Write>(tx.tenant(), caller, which.pair()).await?;
    let reading = demand_record::<Read>(tx.tenant(), caller, which.pair()).await?;
    let before = store::secret(tx.tenant(), reading)
        .await?
        .ok_or(Error::NotFound)?;
    if before.sealed.version != expected {
        return Err(Error::VersionConflict);
    }
    let record = record(app, caller, which.secret);
    let mut meta = record.open_meta(&before.sealed)?;
    let mut value = record.open_value(&before.sealed)?;
    draft.apply(&mut meta, &mut value);
    let after = record.seal_next(&before.sealed, &meta, &value)?;
    let detail = json!({"fields": fields, "version": after.version});
    let event = event(app, caller, Action::SecretUpdated, which, detail);
    if !store::update_secret(tx.tenant(), permit, &after, event.at).await? {
        return Err(Error::VersionConflict);
    }
    tx.commit(&app.keys, &event).await?;
    read(app, caller, which).await
}

/// Opens a secret for one authorised act. The trail has it before the plaintext leaves.
pub(super) async fn reveal(app: &App, caller: Caller, which: Which) -> Result<SecretValue, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Read>(tx.tenant(), caller, which.pair()).await?;
    let stored = store::secret(tx.tenant(), permit)
        .await?
        .ok_or(Error::NotFound)?;
    let value = record(app, caller, which.secret).open_value(&stored.sealed)?;
    let detail = json!({"version": stored.sealed.version});
    let event = event(app, caller, Action::SecretRevealed, which, detail);
    tx.commit(&app.keys, &event).await?;
    Ok(value)
}

/// Deletes a secret and its key, for good, once there is a fresh proof.
pub(super) async fn delete(app: &App, caller: Caller, which: Which) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand::<Delete>(tx.tenant(), caller, which.vault).await?;
    let reading = demand::<Read>(tx.tenant(), caller, which.vault).await?;
    let vault = store::vault(tx.tenant(), reading).await?;
    let vault = vault.ok_or(Error::NotFound)?;
    if !store::delete_secret(tx.tenant(), permit, which.secret).await? {
        return Err(Error::NotFound);
    }
    let event = event(app, caller, Action::SecretDeleted, which, json!({}));
    // The secret's name is sealed, and what is proved is not.
    let act = Act {
        action: event.action,
        resource: resource(which.secret),
        detail: event.detail.clone(),
        summary: format!("Delete a secret of the vault “{}”, for good.", vault.name),
    };
    let approval = step_up::demand(app, &caller, &act).await?;
    Ok(tx.commit(&app.keys, &event.approved(approval)).await?)
}
