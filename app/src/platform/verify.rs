//! Reading the trail again: is every entry the one that was written, and is none missing?

use super::canonical;
use super::model::Action;
use super::store::{self, Stored};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::keys::Keyring;
use crate::keys::trail::{Broken, Link, Reading, replaced_by};

/// So many entries are in memory at a time.
const PAGE: i64 = 500;

/// Reads the whole trail, oldest first; how many entries it has.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn verify(db: &Db, keys: &Keyring) -> Result<Result<i64, Broken>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let (given, there) = store::ends(tx.connection()).await?;
    let mut reading = match Reading::begin(keys, given, there) {
        Ok(reading) => reading,
        Err(broken) => return Ok(Err(broken)),
    };
    while let Some(after) = reading.after() {
        let page = store::following(tx.connection(), after, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(reading.missing()));
        }
        for entry in &page {
            if let Err(broken) = reading.check(&link(entry)) {
                return Ok(Err(broken));
            }
        }
    }
    tx.finish().await?;
    Ok(Ok(given))
}

fn link(stored: &Stored) -> Link<'_> {
    let (at, action) = (stored.at, &stored.action);
    let known = stored.canonical == canonical::VERSION;
    let rotated = action == Action::MasterKeyRotated.as_str();
    Link {
        seq: stored.seq,
        bytes: known.then(|| canonical::bytes(stored.seq, at, action, &stored.detail)),
        key_id: &stored.key_id,
        mac: &stored.mac,
        replaces: replaced_by(&stored.detail).filter(|_| rotated),
    }
}
