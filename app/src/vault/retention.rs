//! Emptying the trash: what has been in it for thirty days is deleted, and so is its key. And sweeping up
//! what else is of no use any more: what is left of what was deleted, files that never came to their end,
//! links whose time is over with what they would show, and what is known of records that are long gone.
//!
//! One replica does it at a time. Should two do it after all, they skip what the other is at. Where it fails in
//! one organisation it goes on with the next.

use std::convert::Infallible;
use std::time::Duration as Pause;

use serde_json::json;
use time::Duration;

use super::secrets::{record, resource};
use super::store::trash as store;
use super::{attachments, going, search, sharing};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::error_chain;
use crate::infra::db::{DbError, PlatformTx, lease};
use crate::kernel::OrgId;
use crate::orgs;

/// For how long a secret stays in the trash.
const RETENTION: Duration = Duration::days(30);
/// How often it is looked whether one has been there for longer.
const PAUSE: Pause = Pause::from_secs(10 * 60);
/// For how long whoever looks is the only one.
const TURN: Duration = Duration::minutes(15);
/// So many go in one transaction.
const STEP: i64 = 100;
/// So long after its end a link is forgotten: by any clock that is nearly right it is over by then.
const LINK_OVER: Duration = Duration::minutes(1);
/// So many organisations are asked for at a time.
const PAGE: i64 = 100;
/// The name of the lease.
const LEASE: &str = "vault trash";

/// Empties the trash for as long as the server runs.
pub async fn keep_trash_empty(app: &App) -> Infallible {
    loop {
        tokio::time::sleep(PAUSE).await;
        match once(app).await {
            Ok(0) => {}
            Ok(secrets) => tracing::info!(secrets, "the trash was emptied"),
            Err(error) => {
                let error = error_chain(&error);
                tracing::warn!(error, "the trash is emptied later");
            }
        }
    }
}

/// Empties the trash of all organisations, unless another replica is at it; how many secrets went.
pub(super) async fn once(app: &App) -> Result<usize, DbError> {
    if !lease(&app.db, LEASE, app.clock.now(), TURN).await? {
        return Ok(0);
    }
    let (mut after, mut gone) = (None, 0);
    loop {
        let mut tx = PlatformTx::begin(&app.db).await?;
        let page = orgs::ids(tx.connection(), after, PAGE).await?;
        tx.finish();
        for &org in &page {
            if let Err(error) = clear(app, org, &mut gone).await {
                let error = error_chain(&error);
                tracing::warn!(organization = %org, error, "its trash is emptied later");
            }
        }
        after = page.last().copied();
        if after.is_none() {
            return Ok(gone);
        }
    }
}

/// Deletes all that is due in one organisation, and sweeps up there. What cannot be deleted keeps nothing from
/// being swept up.
async fn clear(app: &App, org: OrgId, gone: &mut usize) -> Result<(), DbError> {
    let deleted = delete(app, org, gone).await;
    sweep(app, org).await?;
    deleted
}

async fn delete(app: &App, org: OrgId, gone: &mut usize) -> Result<(), DbError> {
    while let some @ 1.. = step(app, org).await? {
        *gone += some;
    }
    Ok(())
}

/// Sweeps up what nobody sees any more, and what is therefore in no trail.
async fn sweep(app: &App, org: OrgId) -> Result<(), DbError> {
    going::clear(app, org).await?;
    attachments::sweep(app, org).await?;
    let mut tx = WriteTx::begin(&app.db, org).await?;
    sharing::forget_ended(tx.tenant(), app.clock.now().saturating_sub(LINK_OVER)).await?;
    search::prune(tx.tenant()).await?;
    tx.stage().await
}

/// Deletes some of what is due in one organisation; how many.
async fn step(app: &App, org: OrgId) -> Result<usize, DbError> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, org).await?;
    let gone = store::expire(tx.tenant(), (now.saturating_sub(RETENTION), now), STEP).await?;
    let events: Vec<Event> = gone
        .iter()
        .map(|gone| {
            let version = gone.head.version;
            let detail = json!({"vaultId": gone.vault, "version": version, "reason": "retention"});
            let event = Event {
                resource: Some(resource(gone.id)),
                ..Event::of_system(now, Action::SecretDeleted, detail)
            };
            // One that does not open has no name, and goes all the same.
            match record(app, org, gone.id).open_meta(&gone.head) {
                Ok(meta) => event.named(&meta.name),
                Err(_) => event,
            }
        })
        .collect();
    if events.is_empty() {
        return Ok(0);
    }
    tx.commit_all(&app.keys, &events).await?;
    Ok(events.len())
}
