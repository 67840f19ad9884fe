//! What somebody may do with a team.

use super::problem::Error;
use super::store;
use crate::authz::GateKind;
use crate::edge::Caller;
use crate::infra::db::TenantTx;
use crate::kernel::{TeamId, VaultRole};

/// What somebody is to a team: their role in it, or that of an owner for whoever manages the
/// organisation. Whoever is neither sees no team there, as if there was none.
///
/// The gates are those of vaults: `Read` for the team and who is in it, `ManageMembers` for who is in
/// it, `ManageVault` for the team itself.
pub(super) async fn demand(
    tx: &mut TenantTx,
    caller: &Caller,
    team: TeamId,
    gate: GateKind,
) -> Result<VaultRole, Error> {
    let own = store::role(tx, team, caller.user).await?;
    let standing = match own {
        store::Standing::NoTeam => return Err(Error::NotFound),
        store::Standing::In(role) if !caller.role.manages() => role,
        store::Standing::Outside if !caller.role.manages() => return Err(Error::NotFound),
        store::Standing::In(_) | store::Standing::Outside => VaultRole::Owner,
    };
    if standing >= gate.lowest() {
        Ok(standing)
    } else {
        Err(Error::Forbidden)
    }
}
