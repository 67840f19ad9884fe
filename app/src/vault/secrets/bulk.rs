//! Many secrets at once: all of them or none, and one entry of the trail for each.

use serde_json::json;

use super::write::extend;
use super::{event, named, open, record, sealing, unreadable};
use crate::audit::{Action, Event, WriteTx};
use crate::authz::{Delete, Read, Write};
use crate::context::App;
use crate::edge::Caller;
use crate::infra::db::TenantTx;
use crate::kernel::{FieldProblem, SecretId, VaultId};
use crate::vault::access::{demand, demand_record};
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::RecordChange;
use crate::vault::store;

/// The most secrets at once.
pub(in crate::vault) const MOST: usize = 500;

/// What is to be done with each.
#[derive(Clone, Debug)]
pub(in crate::vault) enum Deed {
    /// Into the trash.
    Trash,
    /// Out of it again.
    Restore,
    /// Into another vault.
    Move(VaultId),
    /// A tag more.
    Tag(String),
    /// A tag less.
    Untag(String),
}

/// Does it with each of them. One that is not there, or may not be touched, and nothing is done; what is
/// so already is not done again.
pub(in crate::vault) async fn all(
    app: &App,
    caller: Caller,
    vault: VaultId,
    (deed, secrets): (Result<Deed, FieldProblem>, &[SecretId]),
) -> Result<usize, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    // Before anything is said of what is wrong: whoever may not see the vault learns nothing.
    demand::<Read>(tx.tenant(), caller, vault).await?;
    let deed = deed?;
    if secrets.is_empty() || secrets.len() > MOST {
        return Err(FieldProblem::new("ids", "must be 1 to 500").into());
    }
    let mut ids = secrets.to_vec();
    // In one order, so that two requests at once do not wait for each other.
    ids.sort_unstable();
    ids.dedup();
    let mut events = Vec::with_capacity(ids.len());
    for secret in ids {
        let which = Which { vault, secret };
        events.extend(one(app, caller, tx.tenant(), which, &deed).await?);
    }
    if !events.is_empty() {
        tx.commit_all(&app.keys, &events).await?;
    }
    Ok(events.len())
}

async fn one(
    app: &App,
    caller: Caller,
    tx: &mut TenantTx,
    which: Which,
    deed: &Deed,
) -> Result<Option<Event>, Error> {
    let reading = demand_record::<Read>(tx, caller, which).await?;
    let (action, version) = match deed {
        Deed::Tag(tag) | Deed::Untag(tag) => {
            let add = matches!(deed, Deed::Tag(_));
            return tagged(app, caller, tx, which, (tag, add)).await;
        }
        Deed::Trash => {
            let permit = demand_record::<Delete>(tx, caller, which).await?;
            let now = app.clock.now();
            let version = store::trash::put(tx, permit, now).await?;
            (Action::SecretTrashed, version)
        }
        Deed::Restore => {
            let permit = demand_record::<Delete>(tx, caller, which).await?;
            let version = store::trash::take(tx, permit).await?;
            (Action::SecretRestored, version)
        }
        Deed::Move(to) => return moved(app, caller, tx, which, *to).await.map(Some),
    };
    let detail = json!({"version": version.ok_or(Error::NotFound)?});
    let event = event(app, caller, action, which, detail);
    Ok(Some(named(app, tx, reading, event).await?))
}

/// Into another vault.
async fn moved(
    app: &App,
    caller: Caller,
    tx: &mut TenantTx,
    which: Which,
    to: VaultId,
) -> Result<Event, Error> {
    let from = demand_record::<Delete>(tx, caller, which).await?;
    let into = demand::<Write>(tx, caller, to).await?;
    let detail = json!({"vaultId": to, "fromVaultId": which.vault});
    let event = event(app, caller, Action::SecretMoved, which, detail);
    let mut event = named(app, tx, from, event).await?;
    let version = store::secrets::shift(tx, from, into).await?;
    let version = version.ok_or(Error::NotFound)?;
    extend(&mut event.detail, json!({"version": version}));
    Ok(event)
}

/// The next version, with a tag more or less; nothing where that changes nothing.
async fn tagged(
    app: &App,
    caller: Caller,
    tx: &mut TenantTx,
    which: Which,
    (tag, add): (&str, bool),
) -> Result<Option<Event>, Error> {
    let permit = demand_record::<Write>(tx, caller, which).await?;
    let reading = demand_record::<Read>(tx, caller, which).await?;
    let before = match open(app, tx, reading).await {
        Ok(before) => before,
        Err(error) => {
            unreadable::noted(tx, which.secret, error).await?;
            let message = format!("must not hold {}, which does not open", which.secret);
            return Err(FieldProblem::new("ids", &message).into());
        }
    };
    let mut tags = before.content.tags.clone();
    tags.retain(|known| known != tag);
    if add {
        tags.push(tag.to_owned());
    }
    let change = RecordChange {
        tags: Some(tags),
        ..RecordChange::default()
    };
    let after = before.content.changed(change)?;
    let same = |tags: &[String]| tags.iter().any(|known| known == tag) == add;
    if same(&before.content.tags) {
        return Ok(None);
    }
    let now = app.clock.now();
    let basis = (&before.sealed.head, &before.meta);
    let changed = ["tags".to_owned()];
    let record = record(app, caller.org, which.secret);
    let sealed = record.seal_next(basis, (&after, &changed), now)?;
    if !store::secrets::update(tx, permit, (&sealed, &changed), now).await? {
        return Err(Error::VersionConflict);
    }
    let mut detail = json!({"fields": changed});
    extend(&mut detail, sealing(&sealed));
    let event = event(app, caller, Action::SecretTagged, which, detail);
    Ok(Some(event.named(&after.name)))
}
