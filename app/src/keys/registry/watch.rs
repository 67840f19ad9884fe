//! A running server keeps in step with the database, and says which keys it holds.

use std::convert::Infallible;
use std::time::Duration;

use super::refresh;
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::keys::Keyring;

/// How often.
pub(super) const EVERY: Duration = Duration::from_secs(5);
/// A server that has said nothing for so long is gone.
pub(super) const GONE_AFTER_SEC: f64 = 20.0;

/// Keeps the ring in step, for as long as the server runs.
pub async fn watch(db: &Db, keys: &Keyring) -> Infallible {
    loop {
        match refresh(db, keys).await {
            Ok(Ok(())) => {}
            Ok(Err(wrong)) => tracing::error!(%wrong, "master key"),
            // That the database is away is said by whoever needs it.
            Err(error) => tracing::debug!(%error, "the states of master keys were not read"),
        }
        if let Err(error) = announce(db, keys).await {
            tracing::debug!(%error, "the keys that are held were not announced");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Notes which keys this server holds, and which it writes with. The database's own clock counts:
/// those of several hosts differ.
pub(super) async fn announce(db: &Db, keys: &Keyring) -> Result<(), DbError> {
    let held: Vec<Vec<u8>> = keys.ids().iter().map(|id| id.as_bytes().to_vec()).collect();
    let mut tx = PlatformTx::begin(db).await?;
    sqlx::query("DELETE FROM master_key_holders WHERE seen_at < now() - interval '1 day'")
        .execute(tx.connection())
        .await?;
    sqlx::query(
        "INSERT INTO master_key_holders (instance, held, writing, seen_at)
         VALUES ($1, $2, $3, now())
         ON CONFLICT (instance) DO UPDATE SET held = $2, writing = $3, seen_at = now()",
    )
    .bind(keys.instance())
    .bind(held)
    .bind(keys.id().as_bytes().as_slice())
    .execute(tx.connection())
    .await?;
    tx.commit_housekeeping().await
}

/// Says that this server is going, so that nobody waits for it.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn leave(db: &Db, keys: &Keyring) -> Result<(), DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    sqlx::query("DELETE FROM master_key_holders WHERE instance = $1")
        .bind(keys.instance())
        .execute(tx.connection())
        .await?;
    tx.commit_housekeeping().await
}
