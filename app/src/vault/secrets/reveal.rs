//! Showing what is concealed: one field, of one secret, for one authorised act. The trail has it before
//! the plaintext leaves.

use serde_json::json;
use zeroize::Zeroizing;

use super::{Opened, event, opened, resource};
use crate::audit::{Action, Event, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::Caller;
use crate::vault::access::demand_sealed;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::{FieldName, Meta, Purpose, Revealed};
use crate::vault::refused::{Wanted, noted};

/// What is asked for.
#[derive(Clone, Debug)]
pub(in crate::vault) struct Asked {
    pub(in crate::vault) field: FieldName,
    pub(in crate::vault) purpose: Purpose,
}

/// Shows what a field holds.
pub(in crate::vault) async fn field(
    app: &App,
    caller: Caller,
    which: Which,
    asked: &Asked,
) -> Result<Revealed, Error> {
    let action = match asked.purpose {
        Purpose::Show => Action::SecretRevealed,
        Purpose::Copy => Action::SecretCopied,
    };
    let shown = |field: &str, value: &Zeroizing<String>| {
        Ok(Revealed {
            field: field.to_owned(),
            value: value.clone(),
        })
    };
    derived(app, caller, which, (action, &asked.field), shown).await
}

/// Shows what follows from a concealed field, and records it first. `follows` sees the value and says
/// what leaves.
pub(in crate::vault) async fn derived<T>(
    app: &App,
    caller: Caller,
    which: Which,
    (action, name): (Action, &FieldName),
    follows: impl FnOnce(&str, &Zeroizing<String>) -> Result<T, Error>,
) -> Result<T, Error> {
    let done = allowed(app, caller, which, (action, name), follows).await;
    let wanted = (action, Wanted::Secret(which), json!({}));
    noted(app, caller, wanted, done).await
}

async fn allowed<T>(
    app: &App,
    caller: Caller,
    which: Which,
    (action, name): (Action, &FieldName),
    follows: impl FnOnce(&str, &Zeroizing<String>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut tx = WriteTx::begin_planned(&app.db, caller.org).await?;
    let (permit, found) = demand_sealed(tx.tenant(), caller, which).await?;
    let opened = opened(app, permit, found)?;
    let (field, value) = shown(&opened, name)?;
    let leaves = follows(&field, value)?;
    let detail = json!({"version": opened.sealed.head.version, "field": field});
    let event = event(app, caller, action, which, detail).named(&opened.meta.name);
    let event = proven(app, caller, &opened.meta, event, which).await?;
    tx.commit(&app.keys, &event).await?;
    Ok(leaves)
}

/// What a field holds, if it may be seen.
fn shown<'a>(
    opened: &'a Opened,
    name: &FieldName,
) -> Result<(String, &'a Zeroizing<String>), Error> {
    if !opened.meta.shows(opened.sealed.head.version) {
        return Err(Error::InjectOnly);
    }
    Ok(opened.content.concealed_value(name)?)
}

/// The same entry, with a fresh proof where the record demands one.
pub(in crate::vault) async fn proven(
    app: &App,
    caller: Caller,
    meta: &Meta,
    event: Event,
    which: Which,
) -> Result<Event, Error> {
    if !meta.high_sensitivity {
        return Ok(event);
    }
    let act = Act {
        action: event.action,
        resource: resource(which.secret),
        detail: event.detail.clone(),
        summary: "See what is concealed in a secret of high sensitivity.".to_owned(),
    };
    let approval = step_up::demand(app, &caller, &act).await?;
    Ok(event.approved(approval))
}
