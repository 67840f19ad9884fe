//! Reading and changing the policy.

use serde_json::json;

use super::model::{OrgPolicy, PolicyChange};
use super::store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::infra::db::TenantTx;

/// What is demanded now.
pub(super) async fn read(app: &App, caller: &Caller) -> Result<OrgPolicy, Problem> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let policy = store::load(&mut tx).await?;
    tx.finish();
    Ok(policy)
}

/// Changes it. The days of grace begin when a second factor is demanded, and not again with every
/// change.
pub(super) async fn change(
    app: &App,
    caller: &Caller,
    change: PolicyChange,
) -> Result<OrgPolicy, Problem> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let before = store::load_to_change(tx.tenant()).await?;
    let after = change.apply(&before, now).map_err(Problem::invalid)?;
    if after == before {
        return Ok(after);
    }
    store::save(tx.tenant(), &after).await?;
    let resource = Resource {
        kind: "organization",
        id: caller.org.as_uuid(),
    };
    let event = Event::by(now, caller, Action::PolicyChanged, resource);
    let detail = json!({"from": &before, "to": &after});
    tx.commit(&app.keys, &event.with(detail)).await?;
    Ok(after)
}
