//! Reading a trail again: is every entry the one that was written, and is none missing?

use serde_json::Value;
use uuid::Uuid;

use super::approval::{Approved, Unapproved};
use super::canonical::{self, Entry};
use super::store::{self, Stored};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::Keyring;
pub use crate::keys::trail::Broken;
use crate::keys::trail::{Form, Reading, Row};

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
    let mut reading = match Reading::begin(keys, store::ends(tx).await?) {
        Ok(reading) => reading,
        Err(broken) => return Ok(Err(broken)),
    };
    while let Some(after) = reading.after() {
        let page = store::following(tx, after, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(reading.missing()));
        }
        for entry in &page {
            if let Err(broken) = check(&mut reading, tx.org(), entry) {
                return Ok(Err(broken));
            }
            visit(Genuine {
                action: &entry.action,
                resource: entry.resource_type.as_deref().zip(entry.resource_id),
                detail: &entry.detail,
            });
        }
    }
    Ok(Ok(reading.end()))
}

fn check(reading: &mut Reading<'_>, org: OrgId, stored: &Stored) -> Result<(), Broken> {
    let half = stored.resource_type.is_some() != stored.resource_id.is_some();
    let row = Row {
        seq: stored.seq,
        form: match stored.canonical {
            canonical::VERSION if half => Form::Half,
            canonical::VERSION => Form::Known,
            _ => Form::Later,
        },
        key_id: &stored.key_id,
        mac: &stored.mac,
        action: &stored.action,
        detail: &stored.detail,
    };
    let bytes = canonical::bytes(&Entry {
        org,
        id: stored.id,
        seq: stored.seq,
        at: stored.at,
        actor: stored.actor_id,
        action: &stored.action,
        resource: stored.resource_type.as_deref().zip(stored.resource_id),
        detail: &stored.detail,
        circumstances: &stored.circumstances,
    });
    reading.check(&row, &bytes)?;
    let approved = Approved {
        org,
        actor: stored.actor_id,
        action: &stored.action,
        resource: stored.resource_type.as_deref().zip(stored.resource_id),
        detail: &stored.detail,
        circumstances: &stored.circumstances,
    };
    match approved.check() {
        Ok(_) => Ok(()),
        Err(Unapproved::Later) => Err(Broken::Unknown(stored.seq)),
        Err(_) => Err(Broken::Unapproved(stored.seq)),
    }
}
