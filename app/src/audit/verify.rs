//! Reading a trail again: is every entry the one that was written, and is none missing?

use serde_json::Value;
use uuid::Uuid;

use super::canonical::{self, Entry};
use super::model::Action;
use super::store::{self, Stored};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::Keyring;
use crate::keys::trail::{Broken, Link, Reading, replaced_by};

/// So many entries are in memory at a time.
const PAGE: i64 = 500;

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
    let mut reading = match Reading::begin(keys, given, there) {
        Ok(reading) => reading,
        Err(broken) => return Ok(Err(broken)),
    };
    let org = tx.org();
    while let Some(after) = reading.after() {
        let page = store::following(tx, after, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(reading.missing()));
        }
        for entry in &page {
            if let Err(broken) = check(&mut reading, org, entry) {
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

fn check(reading: &mut Reading<'_>, org: OrgId, stored: &Stored) -> Result<(), Broken> {
    let known = stored.canonical == canonical::VERSION;
    let rotated = stored.action == Action::MasterKeyRotated.as_str();
    let bytes = known.then(|| {
        canonical::bytes(&Entry {
            org,
            id: stored.id,
            seq: stored.seq,
            at: stored.at,
            actor: stored.actor_id,
            action: &stored.action,
            resource: stored.resource_type.as_deref().zip(stored.resource_id),
            detail: &stored.detail,
            circumstances: &stored.circumstances,
        })
    });
    reading.check(&Link {
        seq: stored.seq,
        bytes,
        key_id: &stored.key_id,
        mac: &stored.mac,
        replaces: replaced_by(&stored.detail).filter(|_| rotated),
    })?;
    // Half a resource is authenticated like none.
    if stored.resource_type.is_some() == stored.resource_id.is_some() {
        Ok(())
    } else {
        Err(Broken::Changed(stored.seq))
    }
}
