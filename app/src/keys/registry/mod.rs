//! What the database knows of master keys: their names and states, never a key.
//!
//! The first start notes the key's name. Every later start, and `/readyz`, compare: a server with
//! the wrong key would open nothing, and would store what the right key cannot open. While one key
//! replaces another, the database says which of the two wraps new data keys; [`watch`] keeps the
//! ring of a running server in step, and tells a rotation which keys this server holds.

mod rotation;
mod signing;
mod watch;

use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

pub use rotation::{
    Begun, Busy, Refused, RotationError, Standing, begin, lagging, retire, standing,
};
pub use signing::{SigningError, make_signing_key, public_key, signing_key};
pub use watch::{leave, watch};

use super::ring::Purpose;
use super::{KeyId, Keyring};
use crate::infra::db::{Db, DbError, PlatformTx};

/// The lock under which states of keys change; the migration shares it in each writing statement.
/// "VTMKEYS" in ASCII.
const LOCK: i64 = 0x56_544d_4b45_5953;

/// The loaded master keys are not those that the database needs.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrongKeys {
    /// The key in use is not loaded.
    #[error(
        "MASTER_KEY: the database belongs to master key {expected}, and {} is loaded; put the \
         right key back, for no other opens the vault", list(.loaded)
    )]
    Other {
        /// The key that the database belongs to.
        expected: KeyId,
        /// The keys that are loaded.
        loaded: Vec<KeyId>,
    },
    /// A rotation is under way, and the key that it replaces is not loaded.
    #[error(
        "MASTER_KEY: master key {outgoing} is being replaced and still needed; give both keys, \
         as MASTER_KEY and MASTER_KEY_NEXT, until `rotate-master` has ended"
    )]
    Outgoing {
        /// The key that is being replaced.
        outgoing: KeyId,
    },
    /// What was kept of an earlier key does not open.
    #[error(
        "what was kept of master key {0} does not open: the table kept_keys was changed; restore \
         it from a backup"
    )]
    Kept(KeyId),
}

fn list(keys: &[KeyId]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(" and ")
}

/// The states of a key that the code asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) current: Option<KeyId>,
    pub(super) outgoing: Option<KeyId>,
}

/// Compares the loaded keys with the database's, and notes the first one when this is the first
/// start; then the ring writes with the key that the database names.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`WrongKeys`].
pub async fn claim(
    db: &Db,
    keys: &Keyring,
    now: OffsetDateTime,
) -> Result<Result<(), WrongKeys>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    sqlx::query(
        "INSERT INTO master_keys (key_id, state, first_seen, changed_at)
         SELECT $1, 'current', $2, $2 WHERE NOT EXISTS (SELECT FROM master_keys)
         ON CONFLICT DO NOTHING",
    )
    .bind(keys.id().as_bytes().as_slice())
    .bind(now)
    .execute(tx.connection())
    .await?;
    tx.commit_housekeeping().await?;
    refresh(db, keys).await
}

/// Compares the loaded keys with the database's. A database that knows none yet is no
/// contradiction.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`WrongKeys`].
pub async fn compare(db: &Db, keys: &Keyring) -> Result<Result<(), WrongKeys>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let known = known(tx.connection()).await?;
    tx.finish();
    Ok(judge(known, keys))
}

/// Compares, and then lets the ring write with the key that the database names, and verify what
/// earlier keys have authenticated.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`WrongKeys`].
pub async fn refresh(db: &Db, keys: &Keyring) -> Result<Result<(), WrongKeys>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let known = known(tx.connection()).await?;
    let rows = sqlx::query("SELECT key_id, purpose, sealed FROM kept_keys ORDER BY 1, 2")
        .fetch_all(tx.connection())
        .await?;
    tx.finish();
    if let Err(wrong) = judge(known, keys) {
        return Ok(Err(wrong));
    }
    let Some(current) = known.current else {
        return Ok(Ok(()));
    };
    let mut kept = Vec::new();
    for row in rows {
        let id = key_id(row.try_get("key_id")?)?;
        let word: String = row.try_get("purpose")?;
        let purpose = Purpose::ALL.into_iter().find(|one| one.as_str() == word);
        let purpose = purpose.ok_or(DbError::Impossible("kept_keys.purpose"))?;
        let sealed: Vec<u8> = row.try_get("sealed")?;
        match keys.open_kept(id, purpose, &sealed) {
            Ok(one) => kept.push(one),
            Err(_) => return Ok(Err(WrongKeys::Kept(id))),
        }
    }
    keys.turn_to(current, kept);
    Ok(Ok(()))
}

/// Whether a master key may be one that is in use: the database says which are. Another one has wrapped
/// nothing here, and whatever names it was changed.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn is_in_use(connection: &mut PgConnection, key: KeyId) -> Result<bool, DbError> {
    let known = known(connection).await?;
    Ok(known.current.is_none_or(|current| current == key) || known.outgoing == Some(key))
}

/// The audit keys of earlier master keys, each under its name, as they are sealed.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn kept_audit_keys(
    connection: &mut PgConnection,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>, DbError> {
    let query =
        sqlx::query_as("SELECT key_id, sealed FROM kept_keys WHERE purpose = $1 ORDER BY 1");
    let query = query.bind(Purpose::Audit.as_str());
    Ok(query.fetch_all(connection).await?)
}

/// Whether the database refused something because this server has not yet noticed which key is
/// the current one: after a [`refresh`] it can be done again.
#[must_use]
pub fn is_outdated(error: &DbError) -> bool {
    matches!(
        error.constraint(),
        Some("wrapped_by_current_key" | "authenticated_by_key_in_use")
    )
}

fn judge(known: Known, keys: &Keyring) -> Result<(), WrongKeys> {
    if let Some(expected) = known.current
        && !keys.holds(expected)
    {
        let loaded = keys.ids();
        return Err(WrongKeys::Other { expected, loaded });
    }
    match known.outgoing {
        Some(outgoing) if !keys.holds(outgoing) => Err(WrongKeys::Outgoing { outgoing }),
        _ => Ok(()),
    }
}

/// Which keys are in use, as of this transaction.
pub(super) async fn known(connection: &mut PgConnection) -> Result<Known, DbError> {
    let rows: Vec<(Vec<u8>, String)> =
        sqlx::query_as("SELECT key_id, state FROM master_keys WHERE state <> 'retired'")
            .fetch_all(connection)
            .await?;
    let mut known = Known::default();
    for (id, state) in rows {
        let id = key_id(&id)?;
        match state.as_str() {
            "current" => known.current = Some(id),
            "outgoing" => known.outgoing = Some(id),
            _ => return Err(DbError::Impossible("master_keys.state")),
        }
    }
    Ok(known)
}

fn key_id(stored: &[u8]) -> Result<KeyId, DbError> {
    KeyId::from_stored(stored).ok_or(DbError::Impossible("master_keys.key_id"))
}
