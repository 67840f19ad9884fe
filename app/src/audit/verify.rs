//! Reading a trail again: is every entry the one that was written, and is none missing?

use super::canonical::{self, Entry};
use super::store::{self, Stored};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::Keyring;

/// So many entries are in memory at a time.
const PAGE: i64 = 500;

/// Where a trail is not the one that was written. Numbers are those of entries in an organisation.
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

/// Reads the whole trail of an organisation, oldest first; how many entries it has. What is written
/// meanwhile is left for the next time.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn verify(db: &Db, keys: &Keyring, org: OrgId) -> Result<Result<i64, Broken>, DbError> {
    let mut tx = TenantTx::begin(db, org).await?;
    let (given, there) = store::ends(&mut tx).await?;
    if given > there {
        return Ok(Err(Broken::Cut(given, there)));
    }
    if given < there {
        return Ok(Err(Broken::Changed(given.saturating_add(1))));
    }
    let mut last = 0;
    while last < given {
        let page = store::following(&mut tx, last, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(Broken::Missing(last.saturating_add(1))));
        }
        for entry in &page {
            if let Err(broken) = check(keys, org, last.saturating_add(1), entry) {
                return Ok(Err(broken));
            }
            last = entry.seq;
        }
    }
    tx.finish().await?;
    Ok(Ok(given))
}

fn check(keys: &Keyring, org: OrgId, expected: i64, stored: &Stored) -> Result<(), Broken> {
    if stored.seq != expected {
        return Err(Broken::Missing(expected));
    }
    if stored.canonical != canonical::VERSION {
        return Err(Broken::Unknown(expected));
    }
    if stored.key_id != keys.id().as_bytes() {
        return Err(Broken::OtherKey(expected));
    }
    let resource = stored.resource_type.as_deref().zip(stored.resource_id);
    let half = stored.resource_type.is_some() != stored.resource_id.is_some();
    let bytes = canonical::bytes(&Entry {
        org,
        id: stored.id,
        seq: stored.seq,
        at: stored.at,
        actor: stored.actor_id,
        action: &stored.action,
        resource,
        detail: &stored.detail,
    });
    if !half && keys.is_audit_mac(&bytes, &stored.mac) {
        Ok(())
    } else {
        Err(Broken::Changed(expected))
    }
}
