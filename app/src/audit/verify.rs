//! Reading a trail again: is every entry the one that was written, and is none missing?

use serde_json::Value;
use uuid::Uuid;

use super::approval::{Approved, Unapproved};
use super::canonical::{self, Entry};
use super::chain::{self, Chained, START};
use super::store::Stored;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
pub use crate::keys::trail::Broken;
use crate::keys::trail::{Form, Link, Reading, Row};
use crate::keys::{KeyId, Keyring};

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
    /// How they came in and from where.
    pub circumstances: &'a Value,
}

/// Reads the whole trail of an organisation, oldest first; how many entries it has. What is written
/// meanwhile may or may not be among them.
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
    let mut reading = match Reading::begin(keys, chain::ends(tx).await?) {
        Ok(reading) => reading,
        Err(broken) => return Ok(Err(broken)),
    };
    let mut before = START.to_vec();
    while let Some(after) = reading.after() {
        let page = chain::following(tx, after, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(reading.missing()));
        }
        for chained in &page {
            if let Err(broken) = check(&mut reading, tx.org(), chained, &before) {
                return Ok(Err(broken));
            }
            before.clone_from(&chained.link_mac);
            visit(shown(&chained.entry));
        }
    }
    rest(tx, &reading, visit).await
}

/// What the chain does not hold yet: each entry has to be genuine, and to wait for its place.
async fn rest(
    tx: &mut TenantTx,
    reading: &Reading<'_>,
    mut visit: impl FnMut(Genuine<'_>),
) -> Result<Result<i64, Broken>, DbError> {
    let (mut after, mut count) = (None, reading.end());
    loop {
        let page = chain::unchained(tx, after, PAGE).await?;
        for (entry, waits) in &page {
            let id = entry.id.as_uuid();
            if !waits {
                return Ok(Err(Broken::Unchained(id)));
            }
            let trusted = KeyId::from_stored(&entry.key_id).is_some_and(|key| reading.trusts(key));
            let genuine = is_genuine(reading.keys(), tx.org(), entry);
            if !trusted || !genuine || approved(tx.org(), entry).is_err() {
                return Ok(Err(Broken::Forged(id)));
            }
            visit(shown(entry));
            count = count.saturating_add(1);
        }
        after = page.last().map(|(entry, _)| entry.id);
        if after.is_none() {
            return Ok(Ok(count));
        }
    }
}

fn shown(entry: &Stored) -> Genuine<'_> {
    Genuine {
        action: &entry.action,
        resource: entry.resource_type.as_deref().zip(entry.resource_id),
        detail: &entry.detail,
        circumstances: &entry.circumstances,
    }
}

/// Whether an entry is authentic by itself.
pub(super) fn is_genuine(keys: &Keyring, org: OrgId, entry: &Stored) -> bool {
    let known = form(entry) == Form::Known;
    let code = KeyId::from_stored(&entry.key_id)
        .and_then(|key| keys.is_audit_code(key, &bytes(org, entry), &entry.mac));
    known && code == Some(true)
}

fn form(entry: &Stored) -> Form {
    let half = entry.resource_type.is_some() != entry.resource_id.is_some();
    match entry.canonical {
        canonical::VERSION if half => Form::Half,
        canonical::VERSION => Form::Known,
        _ => Form::Later,
    }
}

fn bytes(org: OrgId, entry: &Stored) -> Vec<u8> {
    canonical::bytes(&Entry {
        org,
        id: entry.id,
        at: entry.at,
        actor: entry.actor_id,
        action: &entry.action,
        resource: entry.resource_type.as_deref().zip(entry.resource_id),
        detail: &entry.detail,
        circumstances: &entry.circumstances,
    })
}

/// Whether the approval in an entry, if it holds one, is for what it says was done.
fn approved(org: OrgId, entry: &Stored) -> Result<(), Unapproved> {
    let approved = Approved {
        org,
        actor: entry.actor_id,
        action: &entry.action,
        resource: entry.resource_type.as_deref().zip(entry.resource_id),
        detail: &entry.detail,
        circumstances: &entry.circumstances,
    };
    approved.check().map(drop)
}

fn check(
    reading: &mut Reading<'_>,
    org: OrgId,
    chained: &Chained,
    before: &[u8],
) -> Result<(), Broken> {
    let entry = &chained.entry;
    let row = Row {
        seq: chained.seq,
        form: form(entry),
        key_id: &entry.key_id,
        mac: &entry.mac,
        action: &entry.action,
        detail: &entry.detail,
    };
    let link = Link {
        key_id: &chained.link_key_id,
        mac: &chained.link_mac,
        bytes: &chain::link_bytes(org, chained.seq, (entry.id, &entry.mac), before),
    };
    reading.check_linked(&row, &bytes(org, entry), &link)?;
    approved(org, entry).map_err(|why| match why {
        Unapproved::Later => Broken::Unknown(chained.seq),
        _ => Broken::Unapproved(chained.seq),
    })
}
