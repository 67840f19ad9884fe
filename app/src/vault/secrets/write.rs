//! Storing secrets and changing them.

use serde_json::{Value as Json, json};

use super::{Opened, apart, closing, event, open, present, record, resource, sealing, view};
use crate::audit::{Action, Event, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::authz::{Permit, Read, RecordPermit, Write};
use crate::context::App;
use crate::edge::{Caller, IdempotencyKey, IfMatch};
use crate::infra::db::TenantTx;
use crate::kernel::{FieldProblem, SecretId, VaultId};
use crate::keys::registry;
use crate::once::{self, Made, Once};
use crate::vault::access::{demand, demand_record};
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::{Content, NewRecord, RecordChange, Secret};
use crate::vault::store::secrets as store;

/// Stores a secret. The same request again under the same key says what came of it before.
pub(in crate::vault) async fn create(
    app: &App,
    caller: Caller,
    vault: VaultId,
    new: NewRecord,
    key: &IdempotencyKey,
) -> Result<Secret, Error> {
    let once = Once::of(app, &caller, key, ("secret", &(vault, &new)))?;
    let made = if apart::takes_time(new.r#type) {
        may_store(app, caller, vault).await?;
        Ok(apart::made(caller, new).await?)
    } else {
        Content::new(new)
    };
    let mut tries = 0;
    loop {
        match store_new(app, caller, vault, &made, &once).await {
            // Another key has become the current one since this server looked last.
            Err(Error::Database(error)) if registry::is_outdated(&error) && tries == 0 => {
                registry::refresh(&app.db, &app.keys).await??;
            }
            stored => return stored,
        }
        tries += 1;
    }
}

/// Asks whether it may be stored at all, before anything is done for it.
async fn may_store(app: &App, caller: Caller, vault: VaultId) -> Result<(), Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    demand::<Write>(&mut tx, caller, vault).await?;
    tx.finish();
    Ok(())
}

async fn store_new(
    app: &App,
    caller: Caller,
    vault: VaultId,
    made: &Result<Content, Vec<FieldProblem>>,
    once: &Once,
) -> Result<Secret, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand::<Write>(tx.tenant(), caller, vault).await?;
    // Whoever may not store here is told nothing of what they sent.
    let content = made.as_ref().map_err(Vec::clone)?;
    let secret = SecretId::new();
    let making = Made::of(secret.as_uuid());
    if let Some(before) = once.claim(tx.tenant(), &making).await? {
        let secret = SecretId::from_uuid(before.id);
        return again(app, tx.tenant(), caller, Which { vault, secret }).await;
    }
    let event = insert(app, caller, tx.tenant(), permit, (secret, content)).await?;
    let made = present(app, tx.tenant(), caller, Which { vault, secret }).await?;
    tx.commit(&app.keys, &event).await?;
    Ok(made)
}

/// What was stored before as it is now, in the trash, too.
async fn again(
    app: &App,
    tx: &mut TenantTx,
    caller: Caller,
    which: Which,
) -> Result<Secret, Error> {
    let permit = demand_record::<Read>(tx, caller, which).await?;
    let found = store::kept(tx, permit).await?;
    view(app, caller.org, once::again(found)?)
}

/// Stores a record; what the trail is to have of it.
async fn insert(
    app: &App,
    caller: Caller,
    tx: &mut TenantTx,
    permit: Permit<Write>,
    (secret, content): (SecretId, &Content),
) -> Result<Event, Error> {
    let now = app.clock.now();
    let sealed = record(app, caller.org, secret).seal_new(content, now)?;
    let mut detail = json!({"type": content.kind});
    extend(&mut detail, sealing(&sealed));
    let which = Which {
        vault: permit.vault(),
        secret,
    };
    let event = event(app, caller, Action::SecretCreated, which, detail).named(&content.name);
    let new = store::New {
        id: secret,
        kind: content.kind,
        sealed,
        changed: Vec::new(),
    };
    store::insert(tx, permit, &new, now).await?;
    Ok(event)
}

/// Changes a secret from a version that the caller has seen.
pub(in crate::vault) async fn update(
    app: &App,
    caller: Caller,
    which: Which,
    seen: &IfMatch,
    change: RecordChange,
) -> Result<Secret, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let (mut permit, mut before) = basis(app, tx.tenant(), caller, which, seen).await?;
    seen.demanded()?;
    let given = change.given();
    let after = if change.fields.is_some() && apart::takes_time(before.content.kind) {
        drop(tx);
        let after = apart::changed(caller, &before.content, change).await?;
        tx = WriteTx::begin(&app.db, caller.org).await?;
        let version = before.sealed.head.version;
        (permit, before) = basis(app, tx.tenant(), caller, which, seen).await?;
        if before.sealed.head.version != version {
            return Err(Error::VersionConflict);
        }
        after
    } else {
        before.content.changed(change)?
    };
    let changed = before.content.told(&after, &given);
    if changed.is_empty() {
        return present(app, tx.tenant(), caller, which).await;
    }
    let now = app.clock.now();
    let basis = (&before.sealed.head, &before.meta);
    let sealed = record(app, caller.org, which.secret).seal_next(basis, (&after, &changed), now)?;
    if !store::update(tx.tenant(), permit, (&sealed, &changed), now).await? {
        return Err(Error::VersionConflict);
    }
    let more = closing::follow(tx.tenant(), permit, (&before.content, &after)).await?;
    let mut event = event(app, caller, Action::SecretUpdated, which, more).named(&after.name);
    if before.content.high_sensitivity && !after.high_sensitivity {
        // What is sealed next differs each time, and a proof is for what can be said before.
        extend(
            &mut event.detail,
            json!({"fields": changed, "version": sealed.head.version}),
        );
        let act = Act {
            action: event.action,
            resource: resource(which.secret),
            detail: event.detail.clone(),
            summary: "Let a secret be revealed without confirming that it is you.".to_owned(),
        };
        let approval = step_up::demand(app, &caller, &act).await?;
        event = event
            .approved(approval)
            .sealed_as(&hex::encode(sealed.digest()));
    } else {
        extend(&mut event.detail, json!({"fields": changed}));
        extend(&mut event.detail, sealing(&sealed));
    }
    let secret = present(app, tx.tenant(), caller, which).await?;
    tx.commit(&app.keys, &event).await?;
    Ok(secret)
}

/// What a new version takes the place of, as the caller has seen it.
pub(super) async fn basis(
    app: &App,
    tx: &mut TenantTx,
    caller: Caller,
    which: Which,
    seen: &IfMatch,
) -> Result<(RecordPermit<Write>, Opened), Error> {
    let permit = demand_record::<Write>(tx, caller, which).await?;
    let reading = demand_record::<Read>(tx, caller, which).await?;
    let before = open(app, tx, reading).await?;
    if !seen.allows(before.sealed.head.version) {
        return Err(Error::VersionConflict);
    }
    Ok((permit, before))
}

/// Adds words to those that are there.
pub(in crate::vault) fn extend(words: &mut Json, more: Json) {
    if let (Json::Object(words), Json::Object(more)) = (words, more) {
        words.extend(more);
    }
}
