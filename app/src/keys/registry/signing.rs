//! Where the installation's signing key is kept.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Known, known};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::Redacted;
use crate::keys::signing::SigningKey;
use crate::keys::{KeyId, Keyring, RewrapError, SealError, UnsealError};

/// The signing key cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A new one could not be sealed.
    #[error("the signing key could not be sealed")]
    Seal(#[from] SealError),
    /// What is stored does not open.
    #[error(
        "the signing key does not open: the table signing_keys was changed; restore it from a backup"
    )]
    Unseal(#[from] UnsealError),
    /// The public half that is stored belongs to another key.
    #[error("the signing key is another one than it says: the table signing_keys was changed")]
    Exchanged,
    /// The master key is being replaced at this moment.
    #[error("the master key is being replaced; try again")]
    Replacing,
}

/// The public half, as it is stored; nothing before the first signature.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn public_key(db: &Db) -> Result<Option<Vec<u8>>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let found = sqlx::query_scalar("SELECT public FROM signing_keys")
        .fetch_optional(tx.connection())
        .await?;
    tx.finish();
    Ok(found)
}

/// The key, if there is one.
///
/// # Errors
/// [`SigningError`] when it cannot be had.
pub async fn signing_key(
    connection: &mut PgConnection,
    keys: &Keyring,
) -> Result<Option<SigningKey>, SigningError> {
    let stored: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT public, sealed FROM signing_keys")
            .fetch_optional(connection)
            .await
            .map_err(DbError::from)?;
    let Some((public, sealed)) = stored else {
        return Ok(None);
    };
    let key = SigningKey::from_seed(&keys.open_signing_seed(&sealed)?);
    if key.public_bytes().as_slice() == public {
        Ok(Some(key))
    } else {
        Err(SigningError::Exchanged)
    }
}

/// Makes the key. Of several servers that do so at once one succeeds; the others find it afterwards.
///
/// # Errors
/// [`SigningError`] when it cannot be made or stored.
pub async fn make_signing_key(
    connection: &mut PgConnection,
    keys: &Keyring,
    now: OffsetDateTime,
) -> Result<SigningKey, SigningError> {
    sqlx::query("SELECT share_master_key_states()")
        .execute(&mut *connection)
        .await
        .map_err(DbError::from)?;
    let under = keys.id();
    match known(connection).await? {
        Known {
            current: Some(current),
            ..
        } if current != under => {
            return Err(SigningError::Replacing);
        }
        _ => {}
    }
    let mut seed = Redacted::new([0; 32]);
    getrandom::fill(seed.expose_mut()).map_err(|_| SealError::Random)?;
    let sealed = keys.seal_signing_seed(under, &seed)?;
    let key = SigningKey::from_seed(&seed);
    sqlx::query("INSERT INTO signing_keys (public, sealed, made_at) VALUES ($1, $2, $3)")
        .bind(key.public_bytes().as_slice())
        .bind(sealed)
        .bind(now)
        .execute(connection)
        .await
        .map_err(DbError::from)?;
    Ok(key)
}

/// Seals the key anew under a master key that becomes the one in use.
pub(super) async fn reseal(
    connection: &mut PgConnection,
    keys: &Keyring,
    under: KeyId,
) -> Result<Result<(), RewrapError>, DbError> {
    let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM signing_keys FOR UPDATE")
        .fetch_optional(&mut *connection)
        .await?;
    let Some(sealed) = sealed else {
        return Ok(Ok(()));
    };
    let seed = match keys.open_signing_seed(&sealed) {
        Ok(seed) => seed,
        Err(error) => return Ok(Err(error.into())),
    };
    let again = match keys.seal_signing_seed(under, &seed) {
        Ok(again) => again,
        Err(error) => return Ok(Err(error.into())),
    };
    sqlx::query("UPDATE signing_keys SET sealed = $1")
        .bind(again)
        .execute(connection)
        .await?;
    Ok(Ok(()))
}
