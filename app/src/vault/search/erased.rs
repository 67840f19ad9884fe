//! Forgetting what is in memory of organisations that are gone: whoever erases one expects that of its
//! names nothing is left, and each server has an index of its own.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use super::shelf::Shelf;
use super::store;
use crate::context::App;
use crate::infra::db::{DbError, PlatformTx};
use crate::kernel::error_chain;

/// How often it is looked.
const PAUSE: Duration = Duration::from_secs(5);

/// Forgets the indexes of organisations that are erased, for as long as the server runs.
pub async fn keep_erased_forgotten(app: &App) -> Infallible {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = once(app).await {
            let error = error_chain(&error);
            tracing::warn!(error, "what is erased is forgotten later");
        }
    }
}

/// Forgets those of now.
pub(super) async fn once(app: &App) -> Result<(), DbError> {
    let shelf = app.memory.of::<Shelf>();
    let kept = shelf.all();
    if kept.is_empty() {
        return Ok(());
    }
    let mut tx = PlatformTx::begin(&app.db).await?;
    let alive = store::alive(&mut tx, &kept).await?;
    tx.finish();
    let alive: BTreeSet<_> = alive.into_iter().collect();
    for org in kept.into_iter().filter(|org| !alive.contains(org)) {
        shelf.forget(org);
    }
    Ok(())
}
