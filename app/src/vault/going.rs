//! Vaults that were deleted, and what is left in them; records that were deleted by themselves, too.
//!
//! A vault may hold more than one statement can delete in its time. So deleting one is a mark, with its entry
//! in the trail: from then on nobody has a way into it or to anything in it, and it is gone for everybody
//! at once. What is in it then goes some records at a time, and the vault last. A server that is
//! stopped meanwhile leaves the rest to the task that empties the trash.
//!
//! A single record may be as large: it has many files, each of thousands of pieces. So deleting one, or what has
//! been in the trash for long enough, is the same: with the entry in the trail its key is destroyed, and it
//! moves into a vault of its own that is going from the beginning.

use std::time::Duration;

use super::store::going::{self as store, Rest};
use crate::audit::WriteTx;
use crate::context::App;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{OrgId, error_chain};

/// For how long whoever deletes something waits for all of it to be gone. Most are by then.
const PATIENCE: Duration = Duration::from_secs(3);

/// Clears away what is left in an organisation, and waits for it a little.
pub(super) async fn begin(app: &App, org: OrgId) {
    let app = app.clone();
    let cleared = tokio::spawn(async move {
        if let Err(error) = clear(&app, org).await {
            let error = error_chain(&error);
            tracing::warn!(error, "what is left of what was deleted goes later");
        }
    });
    // It goes on where nobody waits any more.
    drop(tokio::time::timeout(PATIENCE, cleared).await);
}

/// Clears away what is left in an organisation of what was deleted.
pub(super) async fn clear(app: &App, org: OrgId) -> Result<(), DbError> {
    let mut tx = TenantTx::begin(&app.db, org).await?;
    let any = store::any(&mut tx).await?;
    tx.finish();
    if any {
        for rest in Rest::ALL {
            while step(app, org, rest).await? {}
        }
    }
    Ok(())
}

/// Takes one step; false when nothing is left, or others are at it.
async fn step(app: &App, org: OrgId, rest: Rest) -> Result<bool, DbError> {
    let mut tx = WriteTx::begin(&app.db, org).await?;
    let gone = store::some(tx.tenant(), rest).await?;
    tx.stage().await?;
    Ok(gone > 0)
}
