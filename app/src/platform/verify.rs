//! Reading the trail again: is every entry the one that was written, and is none missing?

use super::canonical;
use super::store::{self, Stored};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::keys::Keyring;
pub use crate::keys::trail::Broken;
use crate::keys::trail::{Form, Reading, Row};

/// So many entries are in memory at a time.
const PAGE: i64 = 500;

/// Reads the whole trail, oldest first; how many entries it has.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first place that is [`Broken`].
pub async fn verify(db: &Db, keys: &Keyring) -> Result<Result<i64, Broken>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let mut reading = match Reading::begin(keys, store::ends(tx.connection()).await?) {
        Ok(reading) => reading,
        Err(broken) => return Ok(Err(broken)),
    };
    while let Some(after) = reading.after() {
        let page = store::following(tx.connection(), after, PAGE).await?;
        if page.is_empty() {
            return Ok(Err(reading.missing()));
        }
        for entry in &page {
            if let Err(broken) = check(&mut reading, entry) {
                return Ok(Err(broken));
            }
        }
    }
    tx.finish();
    Ok(Ok(reading.end()))
}

fn check(reading: &mut Reading<'_>, stored: &Stored) -> Result<(), Broken> {
    let detail = store::words(&stored.detail);
    let row = Row {
        seq: stored.seq,
        form: match stored.canonical {
            canonical::VERSION => Form::Known,
            _ => Form::Later,
        },
        key_id: &stored.key_id,
        mac: &stored.mac,
        action: &stored.action,
        detail: &detail,
    };
    let bytes = canonical::bytes(stored.seq, stored.at, &stored.action, &detail);
    reading.check(&row, &bytes)
}
