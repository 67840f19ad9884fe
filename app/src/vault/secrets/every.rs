//! Every record of a vault, for what looks at all of them.

use super::{record, store, unreadable};
use crate::authz::{Permit, Read};
use crate::context::App;
use crate::infra::db::TenantTx;
use crate::kernel::Cursor;
use crate::vault::problem::Error;
use crate::vault::record::Meta;
use crate::vault::store::secrets::{Filter, Listed};

/// So many records are opened between two looks at what else there is to do.
const SLICE: i64 = 200;

/// Hands on what lists need of each record that is not in the trash, the newest first; none of one that does
/// not open, once that is noted.
pub(in crate::vault) async fn every(
    app: &App,
    tx: &mut TenantTx,
    permit: Permit<Read>,
    mut visit: impl FnMut(&Listed, Option<Meta>),
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let rows = store::following(tx, permit, Filter::default(), after, SLICE).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(Cursor(last.id.as_uuid()));
        for row in &rows {
            match record(app, permit.org(), row.id).open_meta(&row.head) {
                Ok(meta) => visit(row, Some(meta)),
                Err(error) => {
                    unreadable::noted(tx, row.id, error).await?;
                    visit(row, None);
                }
            }
        }
        tokio::task::yield_now().await;
    }
}
