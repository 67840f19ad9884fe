//! Reading a trail again: is every entry the one that was written, and is none missing?

use serde_json::Value;
use uuid::Uuid;

use super::canonical::{self, Entry};
use super::model::Action;
use super::store::{self, Stored};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::{KeyId, Keyring};

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
    /// An entry was authenticated with a master key that had been replaced before.
    #[error("entry {0} was written with a master key after it had been replaced")]
    RetiredKey(i64),
    /// An entry was written by a later release.
    #[error("entry {0} was written by a release that this one does not know")]
    Unknown(i64),
    /// The last entries are not there.
    #[error("{0} entries were written, and the last is {1}")]
    Cut(i64, i64),
}

/// An entry that was found to be the one that was written.
#[derive(Clone, Copy, Debug)]
pub struct Genuine<'a> {
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub resource: Option<(&'a str, Uuid)>,
    /// More words.
    pub detail: &'a Value,
}

/// Reads the whole trail of an organisation, oldest first; how many entries it has. What is written
/// meanwhile is left for the next time.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn verify(db: &Db, keys: &Keyring, org: OrgId) -> Result<Result<i64, Broken>, DbError> {
    let mut tx = TenantTx::begin(db, org).await?;
    let found = walk(&mut tx, keys, |_| {}).await?;
    tx.finish().await?;
    Ok(found)
}

/// The same, and shows each entry once it is known to be genuine.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn walk(
    tx: &mut TenantTx,
    keys: &Keyring,
    mut visit: impl FnMut(Genuine<'_>),
) -> Result<Result<i64, Broken>, DbError> {
    let (given, there) = store::ends(tx).await?;
    if given > there {
        return Ok(Err(Broken::Cut(given, there)));
    }
    if given < there {
        return Ok(Err(Broken::Changed(given.saturating_add(1))));
    }
    let mut reading = Reading {
        keys,
        org: tx.org(),
        last: 0,
        replaced: Vec::new(),
    };
    while reading.last < given {
        let page = store::following(tx, reading.last, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(Broken::Missing(reading.last.saturating_add(1))));
        }
        for entry in &page {
            if let Err(broken) = reading.check(entry) {
                return Ok(Err(broken));
            }
            visit(Genuine {
                action: &entry.action,
                resource: entry.resource_type.as_deref().zip(entry.resource_id),
                detail: &entry.detail,
            });
        }
    }
    Ok(Ok(given))
}

/// How far a trail was read.
struct Reading<'a> {
    keys: &'a Keyring,
    org: OrgId,
    last: i64,
    /// Master keys that the trail itself says were replaced: who still has one of them, from a
    /// leak or an old copy, can add nothing from there on.
    replaced: Vec<KeyId>,
}

impl Reading<'_> {
    fn check(&mut self, stored: &Stored) -> Result<(), Broken> {
        let expected = self.last.saturating_add(1);
        if stored.seq != expected {
            return Err(Broken::Missing(expected));
        }
        if stored.canonical != canonical::VERSION {
            return Err(Broken::Unknown(expected));
        }
        let key = KeyId::from_stored(&stored.key_id).ok_or(Broken::OtherKey(expected))?;
        let resource = stored.resource_type.as_deref().zip(stored.resource_id);
        let half = stored.resource_type.is_some() != stored.resource_id.is_some();
        let bytes = canonical::bytes(&Entry {
            org: self.org,
            id: stored.id,
            seq: stored.seq,
            at: stored.at,
            actor: stored.actor_id,
            action: &stored.action,
            resource,
            detail: &stored.detail,
            circumstances: &stored.circumstances,
        });
        match self.keys.is_audit_code(key, &bytes, &stored.mac) {
            None => return Err(Broken::OtherKey(expected)),
            Some(genuine) if half || !genuine => return Err(Broken::Changed(expected)),
            Some(_) if self.replaced.contains(&key) => return Err(Broken::RetiredKey(expected)),
            Some(_) => {}
        }
        if stored.action == Action::MasterKeyRotated.as_str() {
            self.replaced.extend(replaced_by(&stored.detail));
        }
        self.last = expected;
        Ok(())
    }
}

/// The key that an entry says was replaced.
fn replaced_by(detail: &Value) -> Option<KeyId> {
    let bytes = hex::decode(detail.get("from")?.as_str()?).ok()?;
    KeyId::from_stored(&bytes)
}
