//! Reading the records of a vault for its health.

use std::sync::Arc;

use serde_json::json;
use time::Duration;

use super::breaches::{self, BreachReport};
use super::report::{Records, VaultHealth};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::{Permit, Read};
use crate::context::App;
use crate::edge::Caller;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, VaultId};
use crate::vault::access::demand;
use crate::vault::problem::Error;
use crate::vault::secrets::{every, unreadable};
use crate::vault::store as vault_store;
use crate::vault::store::sealed::{self, Part};
use crate::vault::store::secrets::Listed;
use crate::vault::types::SecretType;

/// So many records are opened between two looks at what else there is to do.
const SLICE: i64 = 500;

/// What is weak, used twice, and older than so many days.
pub(super) async fn health(
    app: &App,
    caller: Caller,
    vault: VaultId,
    old_after: Duration,
) -> Result<VaultHealth, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = demand::<Read>(&mut tx, caller, vault).await?;
    let mut records = Records::default();
    let add = |row: &Listed, meta| match meta {
        Some(meta) => records.add(row.id, meta),
        None => records.add_unreadable(row.id),
    };
    every(app, &mut tx, permit, add).await?;
    tx.finish();
    Ok(records.report(app.clock.now(), old_after))
}

/// Looks for the passwords of a vault in the list of breached ones. They are opened for it, so the trail
/// has an entry; what was found is not in it.
pub(super) async fn breach_check(
    app: &App,
    caller: Caller,
    vault: VaultId,
) -> Result<BreachReport, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit: Permit<Read> = demand(tx.tenant(), caller, vault).await?;
    let list = app.breaches.clone().ok_or(Error::NoBreachList)?;
    let shown = vault_store::vault(tx.tenant(), permit).await?;
    let name = shown.ok_or(Error::NotFound)?.name;
    let mut report = BreachReport::default();
    let mut after = None;
    loop {
        let part = Part {
            kind: Some(SecretType::Password),
            after,
            limit: SLICE,
        };
        let rows = sealed::following(tx.tenant(), permit, part).await?;
        let Some(last) = rows.last() else {
            break;
        };
        after = Some(Cursor(last.id.as_uuid()));
        let (app, list, org) = (app.clone(), Arc::clone(&list), caller.org);
        let work = move || breaches::look(&app, org, &list, &rows);
        let found = tokio::task::spawn_blocking(work).await;
        let (part, closed) = found.map_err(|_| DbError::Impossible("work that was cut off"))??;
        report.add(part);
        for (id, error) in closed {
            unreadable::noted(tx.tenant(), id, error).await?;
            report.add_unreadable(id);
        }
    }
    let resource = Resource {
        kind: "vault",
        id: vault.as_uuid(),
    };
    let event = Event::by(
        app.clock.now(),
        &caller,
        Action::VaultBreachesChecked,
        resource,
    )
    .with(json!({"checked": report.checked}))
    .named(&name);
    tx.commit(&app.keys, &event).await?;
    Ok(report)
}
