//! The installation's key, made when it is first needed.

use license::ed25519::PublicKey;
use serde_json::json;
use time::OffsetDateTime;

use crate::infra::db::{Db, DbError, PlatformTx};
use crate::keys::registry::{self, SigningError};
use crate::keys::{Keyring, SigningKey};
use crate::platform::{self, Action, Event};

/// The key that signs.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SignerError(#[from] SigningError);

impl From<DbError> for SignerError {
    fn from(error: DbError) -> Self {
        Self(error.into())
    }
}

/// The key. Where there is none yet it is made, and the installation's own trail says so.
pub(super) async fn signer(
    db: &Db,
    keys: &Keyring,
    now: OffsetDateTime,
) -> Result<SigningKey, SignerError> {
    let mut tx = PlatformTx::begin(db).await?;
    if let Some(key) = registry::signing_key(tx.connection(), keys).await? {
        tx.finish();
        return Ok(key);
    }
    let key = registry::make_signing_key(tx.connection(), keys, now).await?;
    let event = Event {
        at: now,
        action: Action::AuditKeyMade,
        detail: json!({"publicKey": hex::encode(key.public_bytes())}),
    };
    platform::record_first(&mut tx, keys, &event).await?;
    tx.commit_housekeeping().await?;
    Ok(key)
}

/// The public half; none before the first checkpoint. With the master key it is the one of the private
/// half that is sealed, so that nobody can put another in its place.
///
/// # Errors
/// [`SignerError`] when it cannot be had.
pub async fn public(db: &Db, keys: &Keyring) -> Result<Option<PublicKey>, SignerError> {
    let mut tx = PlatformTx::begin(db).await?;
    let key = registry::signing_key(tx.connection(), keys).await?;
    tx.finish();
    Ok(key.and_then(|key| key.public()))
}
