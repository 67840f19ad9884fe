//! Which master key the database belongs to.
//!
//! The first start notes the key's name; every later start, and `/readyz`, compare. A server with
//! the wrong key would open nothing, and would store what the right key cannot open.

use time::OffsetDateTime;

use super::{KeyId, Keyring};
use crate::infra::db::{Db, DbError, PlatformTx};

/// The loaded master key is not the one that the database was made with.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "MASTER_KEY: the database belongs to master key {expected}, and {loaded} is loaded; put \
         the right key back, for no other opens the vault"
)]
pub struct OtherMasterKey {
    /// The key that the database belongs to.
    pub expected: KeyId,
    /// The key that is loaded.
    pub loaded: KeyId,
}

/// Compares the loaded key with the database's, and notes it when this is the first start.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`OtherMasterKey`].
pub async fn claim(
    db: &Db,
    keys: &Keyring,
    now: OffsetDateTime,
) -> Result<Result<(), OtherMasterKey>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    sqlx::query(
        "INSERT INTO master_key (key_id, first_seen) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    )
    .bind(keys.id().as_bytes().as_slice())
    .bind(now)
    .execute(tx.connection())
    .await?;
    tx.commit_housekeeping().await?;
    compare(db, keys).await
}

/// Compares the loaded key with the database's. A database that knows none yet is no contradiction.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`OtherMasterKey`].
pub async fn compare(db: &Db, keys: &Keyring) -> Result<Result<(), OtherMasterKey>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let stored: Option<Vec<u8>> = sqlx::query_scalar("SELECT key_id FROM master_key")
        .fetch_optional(tx.connection())
        .await?;
    tx.finish().await?;
    let Some(stored) = stored else {
        return Ok(Ok(()));
    };
    let expected = stored.try_into().map(KeyId::from_bytes);
    let expected = expected.map_err(|_| DbError::Impossible("master_key.key_id"))?;
    let loaded = keys.id();
    Ok(if expected == loaded {
        Ok(())
    } else {
        Err(OtherMasterKey { expected, loaded })
    })
}
