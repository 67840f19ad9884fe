//! Reading a trail again: is every entry the one that was written, and is none missing?

mod judge;

use serde_json::Value;
use uuid::Uuid;

pub(super) use judge::{Judge, Line};

use super::canonical;
use super::chain::{self, Chained};
use super::store::Stored;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
pub use crate::keys::trail::Broken;
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
    let (given, there) = chain::ends(tx).await?;
    if given != there {
        let cut = Broken::Cut(given, there);
        let added = Broken::Changed(given.saturating_add(1));
        return Ok(Err(if given > there { cut } else { added }));
    }
    let org = tx.org();
    let mut judge = Judge::behind(org, Some(keys), (0, chain::start(org)));
    while judge.at().0 < given {
        let page = chain::following(tx, judge.at().0, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(Broken::Missing(judge.at().0.saturating_add(1))));
        }
        for chained in &page {
            if let Err(broken) = check(&mut judge, org, chained) {
                return Ok(Err(broken));
            }
            visit(shown(&chained.entry));
        }
    }
    rest(tx, judge, visit).await
}

fn check(judge: &mut Judge<'_>, org: OrgId, chained: &Chained) -> Result<(), Broken> {
    let entry = &chained.entry;
    let next = judge.at().0.saturating_add(1);
    if chained.seq == next && entry.canonical != canonical::VERSION {
        return Err(Broken::Unknown(next));
    }
    // A part without the other that belongs to it is not in the text at all.
    if chained.seq == next && entry.resource_type.is_some() != entry.resource_id.is_some() {
        return Err(Broken::Changed(next));
    }
    judge.judge(&Line {
        seq: chained.seq,
        text: entry.text(org).as_bytes(),
        key: &entry.key_id,
        mac: &entry.mac,
        hash: &chained.hash,
        link_key: &chained.link_key_id,
        link_mac: &chained.link_mac,
    })
}

/// What the chain does not hold yet: each entry has to be genuine, and to wait for its place.
async fn rest(
    tx: &mut TenantTx,
    mut judge: Judge<'_>,
    mut visit: impl FnMut(Genuine<'_>),
) -> Result<Result<i64, Broken>, DbError> {
    let org = tx.org();
    let (mut after, mut count) = (None, judge.at().0);
    loop {
        let page = chain::unchained(tx, after, PAGE).await?;
        for (entry, waits) in &page {
            let id = entry.id.as_uuid();
            if !waits {
                return Ok(Err(Broken::Unchained(id)));
            }
            let text = entry.text(org);
            let genuine = judge.is_genuine(text.as_bytes(), &entry.key_id, &entry.mac);
            if !genuine || !is_whole(entry) || judge.approval_of(&unplaced(entry, &text)).is_err() {
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

fn unplaced<'a>(entry: &'a Stored, text: &'a str) -> Line<'a> {
    Line {
        seq: 0,
        text: text.as_bytes(),
        key: &entry.key_id,
        mac: &entry.mac,
        hash: &[],
        link_key: &[],
        link_mac: &[],
    }
}

fn shown(entry: &Stored) -> Genuine<'_> {
    Genuine {
        action: &entry.action,
        resource: entry.resource_type.as_deref().zip(entry.resource_id),
        detail: &entry.detail,
    }
}

/// Whether this release can make the text of an entry, and all of it is in that.
fn is_whole(entry: &Stored) -> bool {
    let half = entry.resource_type.is_some() != entry.resource_id.is_some();
    entry.canonical == canonical::VERSION && !half
}

/// Whether an entry is authentic by itself.
pub(super) fn is_genuine(keys: &Keyring, entry: &Stored, text: &str) -> bool {
    let key = KeyId::from_stored(&entry.key_id).and_then(|key| keys.audit_key_of(key));
    let genuine =
        key.is_some_and(|key| key.is_code(&[canonical::LABEL, text.as_bytes()], &entry.mac));
    genuine && is_whole(entry)
}
