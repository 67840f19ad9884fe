//! Naming the installation, and recording what happened to it.

use time::OffsetDateTime;
use uuid::Uuid;

use super::model::Event;
use super::{canonical, store};
use crate::infra::db::{DbError, PlatformTx};
use crate::keys::Keyring;

/// The installation's own id; `proposed` becomes it when there is none yet. Of several replicas
/// that start at once, all get the same.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn claim(
    tx: &mut PlatformTx,
    proposed: Uuid,
    now: OffsetDateTime,
) -> Result<Uuid, DbError> {
    store::insert_instance(tx.connection(), proposed, now).await?;
    let found = store::instance(tx.connection()).await?;
    found.ok_or(DbError::Impossible("installation"))
}

/// Records what happened, and names the installation first where it has no name yet.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn record_first(
    tx: &mut PlatformTx,
    keys: &Keyring,
    event: &Event,
) -> Result<i64, DbError> {
    claim(tx, Uuid::new_v4(), event.at).await?;
    record(tx, keys, event).await
}

/// Records what happened, in the transaction that changes it: both are kept or neither.
///
/// # Errors
/// [`DbError`] when the database does not answer, or the installation has no name yet.
pub async fn record(tx: &mut PlatformTx, keys: &Keyring, event: &Event) -> Result<i64, DbError> {
    let seq = store::next_seq(tx.connection()).await?;
    let bytes = canonical::bytes(seq, event.at, event.action.as_str(), &event.detail);
    let code = keys.audit_code(&bytes);
    store::insert(tx.connection(), seq, event, &code).await?;
    Ok(seq)
}
