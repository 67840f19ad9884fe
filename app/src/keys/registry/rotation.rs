//! The states that a rotation goes through, each in one transaction.

use time::OffsetDateTime;

use super::watch::GONE_AFTER_SEC;
use super::{Known, LOCK, known, signing};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::keys::{KeyId, Keyring, RewrapError};

/// How long the states may wait for transactions that are under way.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";

/// Why the master key cannot be replaced as things are.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// There is no key to go to.
    #[error(
        "MASTER_KEY_NEXT: no other key is loaded; generate one with `openssl rand -hex 32`, \
             give it to every server and restart them"
    )]
    NoNext,
    /// The database knows no master key.
    #[error("the database knows no master key yet; start the server once")]
    Unclaimed,
    /// The key that was given was in use before.
    #[error(
        "MASTER_KEY_NEXT: master key {0} was replaced before and stays retired; generate \
             another one"
    )]
    Retired(KeyId),
    /// Another rotation has not ended.
    #[error(
        "the rotation from {from} to {to} has not ended; give these two keys and run this \
             again"
    )]
    Unfinished {
        /// The key that is being replaced.
        from: KeyId,
        /// The key that replaces it.
        to: KeyId,
    },
}

/// Transactions that are under way did not end in time; trying again is right.
#[derive(Debug, thiserror::Error)]
#[error("transactions under way did not end in time")]
pub struct Busy;

/// A rotation that may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The key that is being replaced.
    pub from: KeyId,
    /// The key that replaces it.
    pub to: KeyId,
    /// Whether an earlier run had begun it.
    pub resumed: bool,
}

/// Where the loaded keys stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is a rotation to go on with, or to begin.
    Begun(Begun),
    /// The other key that is loaded is retired: the rotation had ended.
    Ended {
        /// The key that was replaced.
        from: KeyId,
        /// The key in use.
        to: KeyId,
        /// Whether it is given as the next one, which is a mistake unless the rotation that
        /// retired it has something left to do.
        as_next: bool,
    },
}

/// What the loaded keys allow.
fn plan(known: Known, retired: &[KeyId], keys: &Keyring) -> Result<Standing, Refused> {
    let current = known.current.ok_or(Refused::Unclaimed)?;
    if let Some(from) = known.outgoing {
        return if keys.holds(from) && keys.holds(current) {
            Ok(Standing::Begun(Begun {
                from,
                to: current,
                resumed: true,
            }))
        } else {
            Err(Refused::Unfinished { from, to: current })
        };
    }
    let other = keys.ids().into_iter().find(|id| *id != current);
    let other = other.ok_or(Refused::NoNext)?;
    if !retired.contains(&other) {
        return Ok(Standing::Begun(Begun {
            from: current,
            to: other,
            resumed: false,
        }));
    }
    Ok(Standing::Ended {
        from: other,
        to: current,
        as_next: keys.first_id() != other,
    })
}

/// Running servers that do not hold a key, and those that hold it and write with another.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn lagging(db: &Db, key: KeyId) -> Result<(i64, i64), DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let counts = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE $1 <> ALL (held)),
                count(*) FILTER (WHERE $1 = ANY (held) AND writing <> $1)
         FROM master_key_holders WHERE seen_at > now() - make_interval(secs => $2)",
    )
    .bind(key.as_bytes().as_slice())
    .bind(GONE_AFTER_SEC)
    .fetch_one(tx.connection())
    .await?;
    tx.finish();
    Ok(counts)
}

/// Looks what is to be done; changes nothing.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`Refused`].
pub async fn standing(db: &Db, keys: &Keyring) -> Result<Result<Standing, Refused>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let known = known(tx.connection()).await?;
    let retired: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT key_id FROM master_keys WHERE state = 'retired'")
            .fetch_all(tx.connection())
            .await?;
    tx.finish();
    let retired: Vec<KeyId> = retired
        .iter()
        .filter_map(|id| KeyId::from_stored(id))
        .collect();
    Ok(plan(known, &retired, keys))
}

/// Makes the new key the one that wraps, and keeps what is needed of the old one. From here on the
/// database takes no new data key that the old one has wrapped.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`Busy`] or what could not be sealed.
pub async fn begin(
    db: &Db,
    keys: &Keyring,
    step: Begun,
    now: OffsetDateTime,
) -> Result<Result<(), Busy>, RotationError> {
    let kept = keys.keep(step.from, step.to).map_err(RotationError::Keep)?;
    let mut tx = PlatformTx::begin(db).await?;
    if !lock(&mut tx).await? {
        return Ok(Err(Busy));
    }
    set_state(&mut tx, step.from, "outgoing", now).await?;
    sqlx::query(
        "INSERT INTO master_keys (key_id, state, first_seen, changed_at)
         VALUES ($1, 'current', $2, $2)",
    )
    .bind(step.to.as_bytes().as_slice())
    .bind(now)
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    for (id, purpose, sealed) in kept {
        sqlx::query(
            "INSERT INTO kept_keys (key_id, purpose, sealed) VALUES ($1, $2, $3)
             ON CONFLICT (key_id, purpose) DO UPDATE SET sealed = $3",
        )
        .bind(id.as_bytes().as_slice())
        .bind(purpose.as_str())
        .bind(sealed)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    }
    let resealed = signing::reseal(tx.connection(), keys, step.to).await?;
    resealed.map_err(RotationError::Keep)?;
    tx.commit_housekeeping().await?;
    Ok(Ok(()))
}

/// Retires the old key: the database takes nothing more that depends on it. The caller has seen
/// that nothing does.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, [`Busy`].
pub async fn retire(
    db: &Db,
    from: KeyId,
    now: OffsetDateTime,
) -> Result<Result<(), Busy>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    if !lock(&mut tx).await? {
        return Ok(Err(Busy));
    }
    set_state(&mut tx, from, "retired", now).await?;
    tx.commit_housekeeping().await?;
    Ok(Ok(()))
}

async fn set_state(
    tx: &mut PlatformTx,
    key: KeyId,
    state: &str,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query("UPDATE master_keys SET state = $2, changed_at = $3 WHERE key_id = $1")
        .bind(key.as_bytes().as_slice())
        .bind(state)
        .bind(now)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Waits for writers that are under way, a moment; false when they did not end.
async fn lock(tx: &mut PlatformTx) -> Result<bool, DbError> {
    sqlx::query(LOCK_TIMEOUT).execute(tx.connection()).await?;
    let locked = sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(tx.connection())
        .await;
    match locked {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A rotation could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// What must be kept of the outgoing key could not be sealed.
    #[error("what must be kept of the outgoing key could not be sealed")]
    Keep(#[source] RewrapError),
}
