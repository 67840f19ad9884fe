//! Gives entries their places.

use std::convert::Infallible;
use std::time::Duration;

use uuid::Uuid;

use super::link;
use super::store::{self, Link};
use crate::audit::verify;
use crate::context::App;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::{AuditEventId, OrgId};
use crate::keys::Keyring;

/// So long after an entry was written the sealer looks: what comes together is sealed together.
const GATHER: Duration = Duration::from_millis(250);
/// So long it waits after the database has failed it.
const REST: Duration = Duration::from_secs(2);
/// So far back it looks each time. What is older and has no place is left to whoever looks everywhere: it
/// is not to be read again with every entry that is written.
const BACK: Duration = Duration::from_secs(10 * 60);
/// So many links are made in one transaction.
const BATCH: u16 = 250;
/// So many entries that no server has written are named in the log at a time; all of them are counted.
const NAMED: usize = 20;

/// Seals what this process writes, within a second, for as long as the server runs. Whatever another
/// one has written and not sealed has to be noted in [`Db::touched`] by somebody.
pub async fn keep_sealed(app: &App) -> Infallible {
    loop {
        app.db.touched().wait().await;
        tokio::time::sleep(GATHER).await;
        for org in app.db.touched().take() {
            if let Err(error) = seal_behind(&app.db, &app.keys, org, Some(made_since(BACK))).await {
                tracing::debug!(%error, %org, "entries of the trail wait for their places");
                app.db.touched().note(org);
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Gives every entry of an organisation that waits its place in the chain; how many there were. One that
/// no server has written gets none: that would bless it. It stays where it is and holds nobody up, the
/// log and the metrics tell of it, and whoever verifies the trail is told.
///
/// # Errors
/// [`DbError`] when the database does not answer; then what was not sealed waits on.
pub async fn seal(db: &Db, keys: &Keyring, org: OrgId) -> Result<usize, DbError> {
    seal_behind(db, keys, org, None).await
}

/// The same for those behind an id, or for all.
async fn seal_behind(
    db: &Db,
    keys: &Keyring,
    org: OrgId,
    mut after: Option<AuditEventId>,
) -> Result<usize, DbError> {
    let (mut sealed, mut refused) = (0, Refused::default());
    loop {
        let mut tx = TenantTx::begin(db, org).await?;
        let Some(batch) = batch(&mut tx, keys, (after, &mut refused)).await? else {
            tx.finish();
            break;
        };
        tx.commit_recorded().await?;
        after = Some(batch.last);
        sealed += batch.made;
        // What came meanwhile gathers first: under load something always has, and a transaction for each
        // few entries costs more than all that they tell of.
        if !batch.is_full {
            break;
        }
    }
    refused.tell(org);
    Ok(sealed)
}

/// Some entries that waited.
struct Batch {
    /// The last that was looked at.
    last: AuditEventId,
    /// How many of them got a place.
    made: usize,
    /// Whether there may be more than those.
    is_full: bool,
}

/// An id below all that were made within some time, by the clock that ids are made by: they begin with the
/// milliseconds (RFC 9562, section 5.7).
fn made_since(back: Duration) -> AuditEventId {
    let millis = AuditEventId::new().as_uuid().as_u128() >> 80;
    let then = millis.saturating_sub(back.as_millis());
    AuditEventId::from_uuid(Uuid::from_u128(then << 80))
}

/// Seals some of those that wait behind an id.
async fn batch(
    tx: &mut TenantTx,
    keys: &Keyring,
    (after, refused): (Option<AuditEventId>, &mut Refused),
) -> Result<Option<Batch>, DbError> {
    if !store::anything_waits(tx, after).await? {
        return Ok(None);
    }
    let org = tx.org();
    let (mut seq, before) = store::lock_head(tx).await?;
    let mut hash = match before {
        None => link::start(org),
        Some(hash) => link_hash(&hash)?,
    };
    let key = keys.audit_key();
    let waiting = store::waiting(tx, after, i64::from(BATCH)).await?;
    let Some(last) = waiting.last().map(|entry| entry.id) else {
        return Ok(None);
    };
    let is_full = waiting.len() >= usize::from(BATCH);
    let mut links = Vec::with_capacity(waiting.len());
    for entry in waiting {
        let text = entry.text(org);
        if !verify::is_genuine(keys, &entry, &text) {
            refused.note(entry.id);
            continue;
        }
        seq = seq.saturating_add(1);
        hash = link::hash(&hash, seq, (text.as_bytes(), &entry.mac));
        links.push(Link {
            seq,
            event: entry.id,
            hash,
            key: key.id(),
            mac: key.code(&[link::LABEL, &hash]),
        });
    }
    if !links.is_empty() {
        store::append(tx, &links).await?;
    }
    Ok(Some(Batch {
        last,
        made: links.len(),
        is_full,
    }))
}

/// Entries that somebody without the key has written.
#[derive(Debug, Default)]
struct Refused {
    count: u64,
    named: Vec<AuditEventId>,
}

impl Refused {
    fn note(&mut self, entry: AuditEventId) {
        self.count = self.count.saturating_add(1);
        if self.named.len() < NAMED {
            self.named.push(entry);
        }
    }

    /// One line however many there are: whoever puts entries there is not to fill the log as well.
    fn tell(&self, org: OrgId) {
        if self.count == 0 {
            return;
        }
        metrics::counter!("audit_entries_refused_total").increment(self.count);
        let named: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        tracing::error!(
            %org, entries = self.count, first = named.join(" "),
            "entries of the trail were not written by a server, and get no place in it"
        );
    }
}

fn link_hash(stored: &[u8]) -> Result<link::Hash, DbError> {
    stored
        .try_into()
        .map_err(|_| DbError::Impossible("audit_links.hash"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::{NoContext, Timestamp, Uuid};

    use super::made_since;
    use crate::kernel::AuditEventId;

    #[test]
    fn what_was_made_within_some_time_has_ids_behind_the_one_that_stands_for_it() {
        let behind = made_since(Duration::from_secs(600));
        let now = Timestamp::now(NoContext).to_unix().0;
        let made = |ago| {
            let then = Timestamp::from_unix(NoContext, now - ago, 0);
            AuditEventId::from_uuid(Uuid::new_v7(then))
        };
        assert!(behind < AuditEventId::new());
        assert!(behind < made(598));
        assert!(behind > made(602));
    }
}
