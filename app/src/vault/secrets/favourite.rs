//! What somebody keeps at hand. It is theirs, and nobody else sees it.

use serde_json::json;

use super::{event, unreadable};
use crate::audit::{Action, WriteTx};
use crate::authz::Read;
use crate::context::App;
use crate::edge::Caller;
use crate::vault::access::demand_record;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::store;

/// Notes that the caller keeps a secret at hand, or no longer does. What is so already is not done again.
pub(in crate::vault) async fn set(
    app: &App,
    caller: Caller,
    which: Which,
    favourite: bool,
) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let found = store::secrets::listed(tx.tenant(), permit).await?;
    let found = found.ok_or(Error::NotFound)?;
    let secret = unreadable::listed(app, tx.tenant(), found).await?;
    if secret.favourite == favourite {
        return Ok(());
    }
    if !store::favourites::set(tx.tenant(), permit, favourite).await? {
        return Ok(());
    }
    let action = if favourite {
        Action::SecretFavourited
    } else {
        Action::SecretUnfavourited
    };
    let mut event = event(app, caller, action, which, json!({}));
    if secret.readable {
        event = event.named(&secret.name);
    }
    Ok(tx.commit(&app.keys, &event).await?)
}
