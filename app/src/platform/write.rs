//! Naming the installation, and recording what happened to it.

use sqlx::PgConnection;
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
    record_within(tx.connection(), keys, event).await
}

/// The same inside a transaction of another kind: what the platform does to a tenant is in both
/// trails, or in neither.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn record_within(
    connection: &mut PgConnection,
    keys: &Keyring,
    event: &Event,
) -> Result<i64, DbError> {
    store::insert_instance(&mut *connection, Uuid::new_v4(), event.at).await?;
    append(connection, keys, event).await
}

/// Records what happened, in the transaction that changes it: both are kept or neither.
///
/// # Errors
/// [`DbError`] when the database does not answer, or the installation has no name yet.
pub async fn record(tx: &mut PlatformTx, keys: &Keyring, event: &Event) -> Result<i64, DbError> {
    append(tx.connection(), keys, event).await
}

async fn append(
    connection: &mut PgConnection,
    keys: &Keyring,
    event: &Event,
) -> Result<i64, DbError> {
    let seq = store::next_seq(&mut *connection).await?;
    let bytes = canonical::bytes(seq, event.at, event.action.as_str(), &event.detail);
    let code = keys.audit_code(&bytes);
    store::insert(connection, seq, event, &code).await?;
    Ok(seq)
}
