//! What a resource is called, where its name stands in the open: the trail keeps it as it is now. Names
//! that are sealed are told by whoever opened them.

use super::event::{Event, Outcome};
use crate::infra::db::{DbError, TenantTx};

/// The name of what an entry is about, if the entry does not have it. What was refused is named by
/// whoever refused it, and only to somebody who may see it.
pub(super) async fn name_of(tx: &mut TenantTx, event: &Event) -> Result<Option<String>, DbError> {
    let unnamed = event.name.is_none() && event.outcome == Outcome::Success;
    let Some(resource) = event.resource.filter(|_| unnamed) else {
        return Ok(None);
    };
    let statement = match resource.kind {
        "organization" => "SELECT name FROM organizations WHERE org_id = $1 AND id = $2",
        "vault" => "SELECT name FROM vaults WHERE org_id = $1 AND id = $2",
        "team" => "SELECT name FROM teams WHERE org_id = $1 AND id = $2",
        // A person has a name here as long as the organisation knows them, also when they have gone.
        "member" | "user" => {
            "SELECT u.name FROM memberships m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1 AND m.user_id = $2"
        }
        _ => return Ok(None),
    };
    let org = tx.org();
    Ok(sqlx::query_scalar(statement)
        .bind(org)
        .bind(resource.id)
        .fetch_optional(tx.connection())
        .await?)
}
