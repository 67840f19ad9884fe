//! What follows when a record becomes one that may only be used, or is no longer one.

use serde_json::{Value as Json, json};

use crate::authz::{RecordPermit, Write};
use crate::infra::db::TenantTx;
use crate::kernel::FieldProblem;
use crate::vault::problem::Error;
use crate::vault::record::Content;
use crate::vault::store::closing as store;

/// Does it, once the next version stands in place: the record is locked by then, so that no link and no
/// file comes in between. What the trail is to have of it besides.
///
/// # Errors
/// That files are attached to a record that is to be seen again: they came while they were shown to nobody.
pub(super) async fn follow(
    tx: &mut TenantTx,
    permit: RecordPermit<Write>,
    (before, after): (&Content, &Content),
) -> Result<Json, Error> {
    match (before.inject_only, after.inject_only) {
        (false, true) => {
            let ended = store::end_links(tx, permit).await?;
            Ok(if ended == 0 {
                json!({})
            } else {
                json!({"linksEnded": ended})
            })
        }
        (true, false) if store::has_files(tx, permit).await? => {
            let message = "can be unset only when no file is attached: remove the files first";
            Err(FieldProblem::new("injectOnly", message).into())
        }
        (true, false) | (true, true) | (false, false) => Ok(json!({})),
    }
}
