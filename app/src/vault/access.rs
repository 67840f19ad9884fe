//! The one place where somebody's roles become a permit.
//!
//! What counts is the highest of: their own role in the vault, those of their teams in it, and, for a
//! single record, what they or their teams were granted in it alone; as far as it has not ended. The
//! database puts them together (`vault_grants`, `secret_grants`).

use super::model::Which;
use super::problem::Error;
use super::store::roles::{self as store, Kept};
use crate::authz::{Gate, Permit, Read, RecordPermit};
use crate::context::App;
use crate::edge::Caller;
use crate::infra::db::TenantTx;
use crate::kernel::{OrgRole, VaultId, VaultRole};

/// The caller as of now, for what goes on after it was asked for: a file that comes or goes, an export. A
/// request that lasts gives nobody more time than they have. Whoever is no confirmed member any more, whose
/// token is over, or whose organisation is closed finds nothing.
pub(super) async fn still_here(
    app: &App,
    tx: &mut TenantTx,
    caller: Caller,
) -> Result<Caller, Error> {
    let caller = Caller {
        at: app.clock.now(),
        ..caller
    };
    if store::is_here(tx, &caller).await? {
        Ok(caller)
    } else {
        Err(Error::NotFound)
    }
}

/// The same for whoever has to manage the organisation besides.
pub(super) async fn still_manages(
    app: &App,
    tx: &mut TenantTx,
    caller: Caller,
) -> Result<(), Error> {
    let caller = still_here(app, tx, caller).await?;
    let role = store::role_in_organization(tx, caller.user).await?;
    if role.is_some_and(OrgRole::manages) {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Demands gate `G` of a vault. Without any role the vault does not exist: the same query, the
/// same answer, whether it is another tenant's or nobody's.
pub(super) async fn demand<G: Gate>(
    tx: &mut TenantTx,
    caller: Caller,
    vault: VaultId,
) -> Result<Permit<G>, Error> {
    let role = store::in_vault(tx, vault, (caller.user, caller.at))
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Permit::demand(caller.org, vault, caller.user, role)?)
}

/// Demands gate `G` of one record. A grant for another record, or for this one in another vault, opens
/// nothing.
pub(super) async fn demand_record<G: Gate>(
    tx: &mut TenantTx,
    caller: Caller,
    which: Which,
) -> Result<RecordPermit<G>, Error> {
    let role = store::in_record(tx, which, (caller.user, caller.at)).await?;
    record_permit(caller, which, role)
}

/// The same for whoever wants to read a record that is not in the trash, and the record as it is sealed.
/// Whoever may not read it gets nothing of it.
///
/// What was granted in the record alone is asked for only where no role in its vault is enough: it can add
/// nothing then, and the tables that it stands in are the larger half of what the question costs.
pub(super) async fn demand_sealed(
    tx: &mut TenantTx,
    caller: Caller,
    which: Which,
) -> Result<(RecordPermit<Read>, Kept), Error> {
    let now = (caller.user, caller.at);
    let (in_vault, kept) = store::in_vault_with_record(tx, which, now).await?;
    let role = match in_vault {
        Some(role) if role >= Read::KIND.lowest() => Some(role),
        _ => store::in_record(tx, which, now).await?,
    };
    let permit = record_permit(caller, which, role)?;
    Ok((permit, kept.ok_or(Error::NotFound)?))
}

fn record_permit<G: Gate>(
    caller: Caller,
    which: Which,
    role: Option<VaultRole>,
) -> Result<RecordPermit<G>, Error> {
    let role = role.ok_or(Error::NotFound)?;
    let record = (which.vault, which.secret);
    Ok(RecordPermit::demand(caller.org, record, caller.user, role)?)
}
