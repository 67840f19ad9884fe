//! Who can see a record, and why.

use super::super::problem::Error;
use super::grants::manage;
use super::model::{Reader, Shared};
use super::store;
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Page, SecretId, VaultId};

/// One page of them, with every way in that each has at this moment.
pub(super) async fn list(
    app: &App,
    caller: Caller,
    (vault, secret): (VaultId, SecretId),
    query: ListQuery,
) -> Result<Page<Reader>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = manage(&mut tx, caller, Shared::Record(vault, secret)).await?;
    let rows = store::list::readers(&mut tx, permit, (secret, caller.at), query).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |reader| {
        reader.user.id.as_uuid()
    }))
}
