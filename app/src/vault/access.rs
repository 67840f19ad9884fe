//! The one place where a person's role in a vault becomes a permit.

use super::model::Which;
use super::problem::Error;
use super::store;
use crate::authz::{Gate, Permit};
use crate::edge::Caller;
use crate::infra::db::TenantTx;
use crate::kernel::VaultId;

/// Demands gate `G` of a vault. Without any role the vault does not exist: the same query, the
/// same answer, whether it is another tenant's or nobody's.
pub(super) async fn demand<G: Gate>(
    tx: &mut TenantTx,
    caller: Caller,
    vault: VaultId,
) -> Result<Permit<G>, Error> {
    let role = store::role(tx, vault, caller.user)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Permit::demand(caller.org, vault, caller.user, role)?)
}

/// Demands gate `G` of one record of a vault.
pub(super) async fn demand_record<G: Gate>(
    tx: &mut TenantTx,
    caller: Caller,
    which: Which,
) -> Result<Permit<G>, Error> {
    demand(tx, caller, which.vault).await
}
