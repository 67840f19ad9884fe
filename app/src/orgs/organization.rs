//! The organisation itself.

use serde_json::json;

use super::store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::identity::OrganizationView;
use crate::infra::db::TenantTx;
use crate::kernel::Text;

/// What it is called.
pub(super) async fn read(app: &App, caller: &Caller) -> Result<OrganizationView, Problem> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let name = store::name(&mut tx).await?;
    tx.finish();
    Ok(OrganizationView {
        id: caller.org,
        name: name.ok_or_else(Problem::not_found)?,
    })
}

/// Gives it another name, in the directory, too.
pub(super) async fn rename(
    app: &App,
    caller: &Caller,
    name: &str,
) -> Result<OrganizationView, Problem> {
    let name = Text::line("name", 1, 120).check(name)?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::rename(tx.tenant(), &name).await?;
    let resource = Resource {
        kind: "organization",
        id: caller.org.as_uuid(),
    };
    let now = app.clock.now();
    let event = Event::by(now, caller, Action::OrganizationUpdated, resource);
    tx.commit(&app.keys, &event.with(json!({"name": name})))
        .await?;
    read(app, caller).await
}
