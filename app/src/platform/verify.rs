//! Reading the trail again: is every entry the one that was written, and is none missing?

use super::canonical;
use super::store::{self, Stored};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::keys::{KeyId, Keyring};

/// So many entries are in memory at a time.
const PAGE: i64 = 500;

/// Where the trail is not the one that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is not there.
    #[error("entry {0} is missing")]
    Missing(i64),
    /// An entry is not as it was written, or was written by somebody without the key.
    #[error("entry {0} was changed or added")]
    Changed(i64),
    /// An entry was authenticated with another master key.
    #[error("entry {0} was written with another master key")]
    OtherKey(i64),
    /// An entry was written by a later release.
    #[error("entry {0} was written by a release that this one does not know")]
    Unknown(i64),
    /// The last entries are not there.
    #[error("{0} entries were written, and the last is {1}")]
    Cut(i64, i64),
}

/// Reads the whole trail, oldest first; how many entries it has.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn verify(db: &Db, keys: &Keyring) -> Result<Result<i64, Broken>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let (given, there) = store::ends(tx.connection()).await?;
    if given > there {
        return Ok(Err(Broken::Cut(given, there)));
    }
    if given < there {
        return Ok(Err(Broken::Changed(given.saturating_add(1))));
    }
    let mut last = 0;
    while last < given {
        let page = store::following(tx.connection(), last, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(Broken::Missing(last.saturating_add(1))));
        }
        for entry in &page {
            if let Err(broken) = check(keys, last.saturating_add(1), entry) {
                return Ok(Err(broken));
            }
            last = entry.seq;
        }
    }
    tx.finish().await?;
    Ok(Ok(given))
}

fn check(keys: &Keyring, expected: i64, stored: &Stored) -> Result<(), Broken> {
    if stored.seq != expected {
        return Err(Broken::Missing(expected));
    }
    if stored.canonical != canonical::VERSION {
        return Err(Broken::Unknown(expected));
    }
    let key = KeyId::from_stored(&stored.key_id).ok_or(Broken::OtherKey(expected))?;
    let (at, action) = (stored.at, &stored.action);
    let bytes = canonical::bytes(stored.seq, at, action, &stored.detail);
    match keys.is_audit_code(key, &bytes, &stored.mac) {
        None => Err(Broken::OtherKey(expected)),
        Some(true) => Ok(()),
        Some(false) => Err(Broken::Changed(expected)),
    }
}
