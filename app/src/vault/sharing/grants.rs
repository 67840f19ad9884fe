//! What is given to people and teams, in a vault or in one record of it.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::access::{demand, demand_record};
use super::super::model::Which;
use super::super::problem::{Error, of_constraint};
use super::super::secrets;
use super::super::store::secrets::kept;
use super::model::{AccessEntry, Grant, Grantee, Shared};
use super::{rules, store};
use crate::audit::{Action, Event, WriteTx};
use crate::authz::{ManageMembers, Permit, Read};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{FieldProblem, Page};

/// Demands that the caller decides about what is shared, and that it is there.
pub(super) async fn manage(
    tx: &mut TenantTx,
    caller: Caller,
    shared: Shared,
) -> Result<Permit<ManageMembers>, Error> {
    let permit = demand(tx, caller, shared.vault()).await?;
    match shared {
        Shared::Record(_, secret) if !store::has_record(tx, permit, secret).await? => {
            Err(Error::NotFound)
        }
        Shared::Record(..) | Shared::Vault(_) => Ok(permit),
    }
}

/// One page of what has been given and has not ended.
pub(super) async fn list(
    app: &App,
    caller: Caller,
    shared: Shared,
    query: ListQuery,
) -> Result<Page<AccessEntry>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = manage(&mut tx, caller, shared).await?;
    let rows = store::list::entries(&mut tx, permit, (shared, caller.at), query).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, AccessEntry::id))
}

/// Gives somebody a role, or another one, or another end.
pub(super) async fn put(
    app: &App,
    caller: Caller,
    (shared, grantee): (Shared, Grantee),
    wanted: Grant,
) -> Result<(), Error> {
    if wanted.ends.is_some_and(|end| end <= caller.at) {
        return Err(FieldProblem::new("expiresAt", "must be in the future").into());
    }
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant(), shared.vault()).await?;
    let permit = manage(tx.tenant(), caller, shared).await?;
    if let Shared::Record(_, secret) = shared
        && !store::stays(tx.tenant(), permit, secret).await?
    {
        return Err(Error::NotFound);
    }
    if !store::is_here(tx.tenant(), grantee).await? {
        return Err(Error::NotFound);
    }
    let before = store::find(tx.tenant(), (shared, grantee), caller.at).await?;
    if before == Some(wanted) {
        return Ok(());
    }
    let own = store::own(tx.tenant(), permit, caller.at).await?;
    let name = name(app, tx.tenant(), caller, shared).await?;
    if !rules::may_touch(permit.role(), before) || !rules::may_give(&own, wanted) {
        return Err(Error::BeyondOwn);
    }
    store::put(tx.tenant(), permit, (shared, grantee), wanted, caller.at)
        .await
        .map_err(of_constraint)?;
    let action = match shared {
        Shared::Vault(_) => Action::VaultShared,
        Shared::Record(..) => Action::SecretShared,
    };
    let more = json!({
        "role": wanted.role, "expiresAt": text(wanted.ends), "before": before.map(|grant| grant.role),
    });
    record(tx, (app, caller), (shared, grantee, name), action, more).await
}

/// Takes a role away. Everybody may give up their own.
pub(super) async fn drop(
    app: &App,
    caller: Caller,
    (shared, grantee): (Shared, Grantee),
) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant(), shared.vault()).await?;
    let own = if grantee == Grantee::User(caller.user) {
        standing(tx.tenant(), caller, shared).await?;
        None
    } else {
        Some(manage(tx.tenant(), caller, shared).await?.role())
    };
    let before = store::find(tx.tenant(), (shared, grantee), caller.at).await?;
    let before = before.ok_or(Error::NotFound)?;
    if own.is_some_and(|own| !rules::may_touch(own, Some(before))) {
        return Err(Error::BeyondOwn);
    }
    let name = name(app, tx.tenant(), caller, shared).await?;
    store::drop(tx.tenant(), shared, grantee)
        .await
        .map_err(of_constraint)?;
    let action = match shared {
        Shared::Vault(_) => Action::VaultUnshared,
        Shared::Record(..) => Action::SecretUnshared,
    };
    let more = json!({"before": before.role});
    record(tx, (app, caller), (shared, grantee, name), action, more).await
}

/// What a record is called, before anything changes: whoever gives up their own role sees it no more.
async fn name(
    app: &App,
    tx: &mut TenantTx,
    caller: Caller,
    shared: Shared,
) -> Result<Option<String>, Error> {
    let Shared::Record(vault, secret) = shared else {
        return Ok(None);
    };
    let permit = demand_record::<Read>(tx, caller, Which { vault, secret }).await?;
    secrets::name(app, tx, permit).await
}

/// Demands that the caller has anything at all there.
async fn standing(tx: &mut TenantTx, caller: Caller, shared: Shared) -> Result<(), Error> {
    match shared {
        Shared::Vault(vault) => {
            demand::<Read>(tx, caller, vault).await?;
        }
        Shared::Record(vault, secret) => {
            let permit = demand_record::<Read>(tx, caller, Which { vault, secret }).await?;
            // A role in that vault says nothing of a record in another.
            kept(tx, permit).await?.ok_or(Error::NotFound)?;
        }
    }
    Ok(())
}

async fn record(
    tx: WriteTx,
    (app, caller): (&App, Caller),
    (shared, grantee, name): (Shared, Grantee, Option<String>),
    action: Action,
    more: Value,
) -> Result<(), Error> {
    let mut detail = match grantee {
        Grantee::User(user) => json!({"user": user}),
        Grantee::Team(team) => json!({"team": team}),
    };
    if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
        if let Shared::Record(vault, _) = shared {
            detail.insert("vaultId".to_owned(), json!(vault));
        }
        detail.extend(more);
    }
    let event = Event::by(app.clock.now(), &caller, action, shared.resource());
    let event = event.named(&name.unwrap_or_default());
    Ok(tx.commit(&app.keys, &event.with(detail)).await?)
}

fn text(at: Option<OffsetDateTime>) -> Option<String> {
    at.and_then(|at| at.format(&Rfc3339).ok())
}
