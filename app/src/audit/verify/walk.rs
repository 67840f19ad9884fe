//! The trail in the database.

use license::ed25519::PublicKey;
use serde_json::Value;

use super::judge::{Judge, Line};
use super::ladder::{Ladder, opened};
use super::{Broken, Genuine};
use crate::audit::canonical;
use crate::audit::chain::{self, Chained, Ends, Hash};
use crate::audit::checkpoint::{self, Checkpoint, PRUNED};
use crate::audit::model::Action;
use crate::audit::store::Stored;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::registry::{self, SigningError};
use crate::keys::{KeyId, Keyring, SigningKey};

/// So many entries are in memory at a time.
const PAGE: i64 = 500;

/// What came of it: how many entries were read, or the first place that is broken.
type Found = Result<i64, Broken>;

/// Reads the whole trail of an organisation, oldest first, as it is at one instant; how many entries it
/// has. What is written, signed or pruned meanwhile is none of it.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn verify(db: &Db, keys: &Keyring, org: OrgId) -> Result<Found, DbError> {
    verify_against(db, keys, org, &[]).await
}

/// The same, held against checkpoints that somebody kept elsewhere.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn verify_against(
    db: &Db,
    keys: &Keyring,
    org: OrgId,
    kept: &[Checkpoint],
) -> Result<Found, DbError> {
    whole((db, keys), org, kept, |_| {}).await
}

/// The same, and shows each entry once it is known to be genuine.
pub(in crate::audit) async fn whole(
    (db, keys): (&Db, &Keyring),
    org: OrgId,
    kept: &[Checkpoint],
    visit: impl FnMut(Genuine<'_>),
) -> Result<Found, DbError> {
    // Its ends, its checkpoints and its entries are read one after the other, and have to be of one
    // instant: otherwise a checkpoint that is made meanwhile covers more than there is, and what is
    // pruned meanwhile is missing.
    let mut tx = TenantTx::snapshot(db, org).await?;
    let found = read(&mut tx, keys, kept, visit).await?;
    tx.finish();
    Ok(found)
}

/// How many entries an organisation has.
pub(in crate::audit) async fn extent(db: &Db, org: OrgId) -> Result<i64, DbError> {
    let mut tx = TenantTx::begin(db, org).await?;
    let ends = chain::ends(&mut tx).await?;
    let waiting = chain::waiting_count(&mut tx).await?;
    tx.finish();
    let placed = ends.last.saturating_sub(ends.first).saturating_add(1);
    Ok(placed.max(0).saturating_add(waiting))
}

/// The same in a transaction that is there already, which has to be a snapshot.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn walk(
    tx: &mut TenantTx,
    keys: &Keyring,
    visit: impl FnMut(Genuine<'_>),
) -> Result<Found, DbError> {
    read(tx, keys, &[], visit).await
}

async fn read(
    tx: &mut TenantTx,
    keys: &Keyring,
    kept: &[Checkpoint],
    mut visit: impl FnMut(Genuine<'_>),
) -> Result<Found, DbError> {
    let ends = chain::ends(tx).await?;
    let through = ends.first.saturating_sub(1);
    let (key, hash) = match begin(tx, keys, ends).await? {
        Ok(begun) => begun,
        Err(broken) => return Ok(Err(broken)),
    };
    let org = tx.org();
    let mut judge = Judge::behind(org, Some(keys), (through, hash));
    let mut ladder = Ladder::new((org, through), key, kept);
    let (mut pruned, mut begins) = (0, false);
    let mut noting = |entry: Genuine<'_>| {
        pruned = pruned.max(pruned_through(&entry));
        begins |= entry.action == Action::OrganizationCreated.as_str();
        visit(entry);
    };
    let placed = chained(tx, (&mut judge, &mut ladder), ends.given, &mut noting).await?;
    // What is all there says itself which keys were replaced.
    let closed = || if through > 0 { judge.closed() } else { Ok(()) };
    if let Err(broken) = placed.and_then(|()| closed()) {
        return Ok(Err(broken));
    }
    let found = rest(tx, judge, noting).await?;
    // What stands in the directory alone, such as what was erased but for that, has no trail.
    if found.as_ref().is_ok_and(|count| *count == 0) && !chain::has_organization(tx).await? {
        return Ok(found);
    }
    Ok(found.and_then(|count| {
        // Every trail begins with its organisation, so that one which was emptied is none, also where
        // something was written since. Another server's clock may have put something before that entry.
        if through == 0 && !begins {
            return Err(Broken::Missing(1));
        }
        // Whatever is gone from the beginning, somebody has to have said that it goes.
        if pruned == through {
            Ok(count.saturating_sub(through))
        } else {
            Err(Broken::Unpruned(through.max(pruned)))
        }
    }))
}

/// The installation's key, and the hash behind which the trail begins that is there.
async fn begin(
    tx: &mut TenantTx,
    keys: &Keyring,
    ends: Ends,
) -> Result<Result<(Option<PublicKey>, Hash), Broken>, DbError> {
    if let Err(broken) = agree(ends) {
        return Ok(Err(broken));
    }
    let key = match registry::signing_key(tx.connection(), keys).await {
        Ok(key) => key.as_ref().and_then(SigningKey::public),
        Err(SigningError::Database(error)) => return Err(error),
        Err(_) => return Ok(Err(Broken::SigningKey)),
    };
    let (org, through) = (tx.org(), ends.first.saturating_sub(1));
    if through == 0 {
        return Ok(Ok((key, chain::start(org))));
    }
    // What came before is known by the checkpoint that ends there, and by nothing else.
    let covering = checkpoint::ending_at(tx, through).await?;
    let Some((stored, key)) = covering.zip(key) else {
        return Ok(Err(Broken::Missing(1)));
    };
    Ok(opened(&stored, org, &key).and_then(|covering| {
        let hash = covering.hash().ok_or(Broken::Checkpoint(stored.number))?;
        Ok((Some(key), hash))
    }))
}

fn agree(ends: Ends) -> Result<(), Broken> {
    match ends.given.cmp(&ends.last) {
        std::cmp::Ordering::Greater => Err(Broken::Cut(ends.given, ends.last)),
        std::cmp::Ordering::Less => Err(Broken::Changed(ends.given.saturating_add(1))),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

/// How far an entry says that the trail was pruned.
fn pruned_through(entry: &Genuine<'_>) -> i64 {
    let through = entry.detail.get("through").and_then(Value::as_i64);
    through.filter(|_| entry.action == PRUNED).unwrap_or(0)
}

/// What the chain holds.
async fn chained(
    tx: &mut TenantTx,
    (judge, ladder): (&mut Judge<'_>, &mut Ladder<'_>),
    end: i64,
    visit: &mut impl FnMut(Genuine<'_>),
) -> Result<Result<(), Broken>, DbError> {
    let org = tx.org();
    ladder.reach(tx, judge.at().0).await?;
    if let Err(broken) = ladder.signers().and_then(|()| ladder.hold(judge.at())) {
        return Ok(Err(broken));
    }
    while judge.at().0 < end {
        let page = chain::following(tx, judge.at().0, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(Err(Broken::Missing(judge.at().0.saturating_add(1))));
        };
        ladder.reach(tx, last.seq).await?;
        for chained in &page {
            let judged = check(judge, org, chained).and_then(|()| ladder.hold(judge.at()));
            if let Err(broken) = judged {
                return Ok(Err(broken));
            }
            visit(shown(&chained.entry));
        }
    }
    ladder.reach(tx, end.saturating_add(1)).await?;
    Ok(ladder.end(end))
}

/// Reads what the chain holds behind an entry; the number and the hash of the last.
pub(in crate::audit) async fn range(
    tx: &mut TenantTx,
    keys: &Keyring,
    from: (i64, Hash),
) -> Result<Result<(i64, Hash), Broken>, DbError> {
    let org = tx.org();
    let ends = chain::ends(tx).await?;
    if let Err(broken) = agree(ends) {
        return Ok(Err(broken));
    }
    let mut judge = Judge::behind(org, Some(keys), from);
    while judge.at().0 < ends.given {
        let page = chain::following(tx, judge.at().0, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(Broken::Missing(judge.at().0.saturating_add(1))));
        }
        for chained in &page {
            if let Err(broken) = check(&mut judge, org, chained) {
                return Ok(Err(broken));
            }
        }
    }
    Ok(judge.closed().map(|()| judge.at()))
}

fn check(judge: &mut Judge<'_>, org: OrgId, chained: &Chained) -> Result<(), Broken> {
    let entry = &chained.entry;
    let next = judge.at().0.saturating_add(1);
    if chained.seq == next && entry.canonical != canonical::VERSION {
        return Err(Broken::Unknown(next));
    }
    // What cannot be read, and a part without the other that belongs to it, is not in the text at all.
    if chained.seq == next && !is_whole(entry) {
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
) -> Result<Found, DbError> {
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
            if !is_whole(entry) || !judge.takes_unplaced(&text, &entry.key_id, &entry.mac) {
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
        at: entry.at,
        actor: entry.actor_id,
        result: &entry.result,
        action: &entry.action,
        resource: entry.resource_type.as_deref().zip(entry.resource_id),
        detail: &entry.detail,
        circumstances: &entry.circumstances,
        server: entry.server,
    }
}

/// Whether this release can read an entry and make its text, and all of it is in that.
fn is_whole(entry: &Stored) -> bool {
    let half = entry.resource_type.is_some() != entry.resource_id.is_some();
    entry.canonical == canonical::VERSION && entry.is_readable && !half
}

/// Whether an entry that waits is authentic by itself. Nothing that an earlier master key has
/// authenticated waits any more.
pub(in crate::audit) fn is_genuine(keys: &Keyring, entry: &Stored, text: &str) -> bool {
    let key = KeyId::from_stored(&entry.key_id).filter(|key| keys.holds(*key));
    let key = key.and_then(|key| keys.audit_key_of(key));
    let parts = [canonical::LABEL, text.as_bytes()];
    key.is_some_and(|key| key.is_code(&parts, &entry.mac)) && is_whole(entry)
}
