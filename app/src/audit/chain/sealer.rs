//! Gives entries their places.

use std::convert::Infallible;
use std::time::Duration;

use super::link;
use super::store::{self, Link};
use crate::audit::store::Stored;
use crate::audit::verify;
use crate::context::App;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::Keyring;

/// So long after an entry was written the sealer looks: what comes together is sealed together.
const GATHER: Duration = Duration::from_millis(250);
/// So long it waits after the database has failed it.
const REST: Duration = Duration::from_secs(2);
/// So many links are made in one transaction.
const BATCH: i64 = 1000;

/// Seals what this process writes, within a second, for as long as the server runs. Whatever another
/// one has written and not sealed has to be noted in [`Db::touched`] by somebody.
pub async fn keep_sealed(app: &App) -> Infallible {
    loop {
        app.db.touched().wait().await;
        tokio::time::sleep(GATHER).await;
        for org in app.db.touched().take() {
            if let Err(error) = seal(&app.db, &app.keys, org).await {
                tracing::debug!(%error, %org, "entries of the trail wait for their places");
                app.db.touched().note(org);
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Gives every entry of an organisation that waits its place in the chain; how many there were.
///
/// # Errors
/// [`DbError`] when the database does not answer; then what was not sealed waits on.
pub async fn seal(db: &Db, keys: &Keyring, org: OrgId) -> Result<usize, DbError> {
    let mut sealed = 0;
    loop {
        let mut tx = TenantTx::begin(db, org).await?;
        let made = batch(&mut tx, keys).await?;
        if made == 0 {
            tx.finish();
            return Ok(sealed);
        }
        tx.commit_recorded().await?;
        sealed += made;
    }
}

async fn batch(tx: &mut TenantTx, keys: &Keyring) -> Result<usize, DbError> {
    if !store::anything_waits(tx).await? {
        return Ok(0);
    }
    let org = tx.org();
    let (mut seq, before) = store::lock_head(tx).await?;
    let mut hash = match before {
        None => link::start(org),
        Some(hash) => link_hash(&hash)?,
    };
    let key = keys.audit_key();
    let mut links = Vec::new();
    for entry in store::waiting(tx, BATCH).await? {
        let text = entry.text(org);
        if !is_genuine(keys, org, (&entry, &text)) {
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
    Ok(links.len())
}

/// An entry that somebody without the key has written gets no place: that would bless it. It stays
/// where it is, and whoever verifies the trail is told.
fn is_genuine(keys: &Keyring, org: OrgId, (entry, text): (&Stored, &str)) -> bool {
    let genuine = verify::is_genuine(keys, entry, text);
    if !genuine {
        tracing::error!(%org, entry = %entry.id, "an entry of the trail was not written by a server");
    }
    genuine
}

fn link_hash(stored: &[u8]) -> Result<link::Hash, DbError> {
    stored
        .try_into()
        .map_err(|_| DbError::Impossible("audit_links.hash"))
}
