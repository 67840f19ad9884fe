//! SQL of invitations.

use crate::infra::db::{DbError, TenantTx};
use crate::kernel::UserId;

/// Withdraws what somebody has sent and could not send any more: invitations to one of these roles.
pub(in crate::orgs) async fn withdraw_beyond(
    tx: &mut TenantTx,
    inviter: UserId,
    roles: &[&'static str],
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "DELETE FROM invitations WHERE org_id = $1 AND invited_by = $2 AND role = ANY ($3)",
    )
    .bind(org)
    .bind(inviter)
    .bind(roles)
    .execute(tx.connection())
    .await?;
    Ok(())
}
