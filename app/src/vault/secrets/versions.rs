//! What a secret was before: every change keeps it.

use serde_json::json;

use super::reveal::{Asked, proven};
use super::write::{basis, extend};
use super::{apart, closing, event, open, present, record, sealing, unreadable};
use crate::audit::{Action, WriteTx};
use crate::authz::Read;
use crate::context::App;
use crate::edge::{Caller, IfMatch};
use crate::infra::db::TenantTx;
use crate::kernel::{Limit, Page};
use crate::vault::access::demand_record;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::{Made, Revealed, Secret, SecretVersion};
use crate::vault::refused::{Wanted, noted};
use crate::vault::store::secrets as secrets_store;
use crate::vault::store::versions::{self as store, StoredVersion};

/// The versions of a secret, the newest first, below a number.
pub(in crate::vault) async fn list(
    app: &App,
    caller: Caller,
    which: Which,
    below: Option<i32>,
    limit: Limit,
) -> Result<Page<SecretVersion>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Read>(&mut tx, caller, which).await?;
    let newest = secrets_store::listed(&mut tx, permit).await?;
    let newest = newest.ok_or(Error::NotFound)?;
    let rows = store::below(&mut tx, permit, below, limit.fetch()).await?;
    let record = record(app, caller.org, which.secret);
    let newest = record.open_meta(&newest.head)?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let StoredVersion { sealed, .. } = row;
        let made = Made {
            version: sealed.head.version,
            at: row.made_at,
            by: row.made_by,
            changed: row.changed,
        };
        items.push(match record.open_meta(&sealed.head) {
            Ok(meta) => SecretVersion::of(meta, &newest, made),
            Err(error) => {
                unreadable::noted(&mut tx, which.secret, error).await?;
                SecretVersion::unreadable(made)
            }
        });
    }
    tx.finish();
    Ok(Page::cut(items, limit, |version| version.version))
}

/// Shows what a field held in a version, unless that, or one after it, may only be used.
pub(in crate::vault) async fn reveal(
    app: &App,
    caller: Caller,
    which: Which,
    version: i32,
    asked: &Asked,
) -> Result<Revealed, Error> {
    let done = allowed(app, caller, which, version, asked).await;
    let more = json!({"version": version});
    let wanted = (Action::SecretVersionRevealed, Wanted::Secret(which), more);
    noted(app, caller, wanted, done).await
}

async fn allowed(
    app: &App,
    caller: Caller,
    which: Which,
    version: i32,
    asked: &Asked,
) -> Result<Revealed, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let newest = open(app, tx.tenant(), permit).await?;
    let found = store::one(tx.tenant(), permit, version).await?;
    let found = found.ok_or(Error::NotFound)?;
    let (mut meta, content) = record(app, caller.org, which.secret).open(&found.sealed)?;
    if meta.inject_only || !newest.meta.shows(version) {
        return Err(Error::InjectOnly);
    }
    let (field, value) = content.concealed_value(&asked.field)?;
    let detail = json!({"version": version, "field": field, "newest": newest.sealed.head.version});
    let event =
        event(app, caller, Action::SecretVersionRevealed, which, detail).named(&newest.meta.name);
    meta.high_sensitivity |= newest.meta.high_sensitivity;
    let event = proven(app, caller, &meta, event, which).await?;
    tx.commit(&app.keys, &event).await?;
    Ok(Revealed {
        field,
        value: value.clone(),
    })
}

/// Makes a version what the secret is, as a new version. What is demanded of whoever wants to see it
/// grows by that and never shrinks.
pub(in crate::vault) async fn restore(
    app: &App,
    caller: Caller,
    which: Which,
    version: i32,
    seen: &IfMatch,
) -> Result<Secret, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let (mut permit, mut newest) = basis(app, tx.tenant(), caller, which, seen).await?;
    let reading = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let found = store::one(tx.tenant(), reading, version).await?;
    let found = found.ok_or(Error::NotFound)?;
    let record = record(app, caller.org, which.secret);
    let (_, content) = record.open(&found.sealed)?;
    let mut content = if apart::takes_time(content.kind) {
        drop(tx);
        let content = apart::restored(caller, content).await?;
        tx = WriteTx::begin(&app.db, caller.org).await?;
        let before = newest.sealed.head.version;
        (permit, newest) = basis(app, tx.tenant(), caller, which, seen).await?;
        if newest.sealed.head.version != before {
            return Err(Error::VersionConflict);
        }
        content
    } else {
        content.completed()?
    };
    content.high_sensitivity |= newest.content.high_sensitivity;
    content.inject_only |= !newest.meta.shows(version);
    let changed = newest.content.told(&content, &content.concealed_names());
    if changed.is_empty() {
        return present(app, tx.tenant(), caller, which).await;
    }
    let now = app.clock.now();
    let basis = (&newest.sealed.head, &newest.meta);
    let sealed = record.seal_next(basis, (&content, &changed), now)?;
    let update = (&sealed, changed.as_slice());
    if !secrets_store::update(tx.tenant(), permit, update, now).await? {
        return Err(Error::VersionConflict);
    }
    let mut detail = closing::follow(tx.tenant(), permit, (&newest.content, &content)).await?;
    extend(&mut detail, json!({"fields": changed, "restored": version}));
    extend(&mut detail, sealing(&sealed));
    let event =
        event(app, caller, Action::SecretVersionRestored, which, detail).named(&content.name);
    let secret = present(app, tx.tenant(), caller, which).await?;
    tx.commit(&app.keys, &event).await?;
    Ok(secret)
}
