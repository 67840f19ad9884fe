//! The client secret as its custodian sees it: does it open where it stands, and of which version is it?

use super::seal::{self, SealedSecret};
use super::store;
use crate::infra::db::{DbError, TenantTx};
use crate::keys::Keyring;

/// A client secret that was looked at. Nothing of it is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examined {
    /// The version that is stored, from 1 on.
    pub(crate) version: i32,
    /// The column that does not open where it stands.
    pub(crate) closed: Option<&'static str>,
}

/// Opens the client secret of the transaction's organisation, if it has one.
pub(crate) async fn examine(
    tx: &mut TenantTx,
    keys: &Keyring,
) -> Result<Option<Examined>, DbError> {
    let org = tx.org();
    let Some(stored) = store::stored_secret(tx).await? else {
        return Ok(None);
    };
    let (id, version) = (stored.id, stored.version);
    let sealed = stored.wrapped_key.map(|wrapped_key| SealedSecret {
        wrapped_key,
        value: stored.value,
        fresh: false,
        version,
    });
    let key = sealed
        .as_ref()
        .filter(|sealed| seal::has_key(keys, (org, id), sealed));
    let closed = match key {
        None => Some("wrapped_key"),
        Some(sealed) if seal::open(keys, (org, id), sealed).is_err() => Some("sealed_secret"),
        Some(_) => None,
    };
    Ok(Some(Examined { version, closed }))
}
