//! Entries that a plan does not keep any longer leave the trail.
//!
//! What is older than the plan keeps is not shown from that day on, and stays for [`GRACE`] longer, so
//! that a licence that comes late brings it back. Where a licence has lapsed nothing is removed at all.
//! Only whole ranges go that a checkpoint covers: the rest follows the hash that was signed, and the
//! entry that says what was pruned stands in it.

use serde_json::json;
use time::Duration;

use super::store;
use crate::audit::model::{Action, Event};
use crate::audit::write::WriteTx;
use crate::context::App;
use crate::infra::db::DbError;
use crate::kernel::OrgId;

/// The action of the entry that says what was pruned; its detail names the last entry as `through`.
pub(in crate::audit) const PRUNED: &str = "audit.pruned";
/// So much longer entries stay than they are shown.
const GRACE: Duration = Duration::days(30);
/// So many entries go at once. Where the oldest checkpoint alone covers more, all of these do: a trail
/// ends nowhere else.
const MOST: i64 = 20_000;

/// Removes what is due; how many entries went.
///
/// # Errors
/// [`DbError`] when the database does not answer, or refuses.
pub async fn prune_if_due(app: &App, org: OrgId) -> Result<i64, DbError> {
    prune_some(app, org, MOST).await
}

/// The same, about so many at once.
pub(in crate::audit) async fn prune_some(app: &App, org: OrgId, most: i64) -> Result<i64, DbError> {
    let now = app.clock.now();
    let Some(kept) = app.license.audit_kept_since(now) else {
        return Ok(0);
    };
    let Some(before) = kept.checked_sub(GRACE) else {
        return Ok(0);
    };
    let mut tx = WriteTx::begin(&app.db, org).await?;
    store::take_time(tx.tenant()).await?;
    let Some(checkpoint) = store::prunable(tx.tenant(), before, most).await? else {
        return Ok(0);
    };
    let removed = store::prune(tx.tenant(), checkpoint.last_seq).await?;
    if removed == 0 {
        // Another server was at it.
        return Ok(0);
    }
    let detail = json!({
        "through": checkpoint.last_seq, "checkpoint": checkpoint.number, "entries": removed,
    });
    let event = Event::of_system(now, Action::AuditPruned, detail);
    tx.commit(&app.keys, &event).await?;
    Ok(removed)
}
