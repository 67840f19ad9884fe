//! Bringing an index up to date, in the transaction of whoever searches: what was committed before
//! they asked is found, whichever server committed it.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::entry::Entry;
use super::index::Index;
use super::shelf::Shelf;
use super::store::{self, Found};
use crate::context::App;
use crate::infra::db::TenantTx;
use crate::kernel::SecretId;
use crate::vault::problem::Error;
use crate::vault::seal::Record;
use crate::vault::secrets::unreadable;

/// So many records are opened at a time when an index is made.
const PAGE: i64 = 2000;

/// The index of the organisation as this transaction sees it. Whoever reads it holds a lock that
/// stops others from changing it, and from nothing else.
pub(super) async fn current(
    app: &App,
    shelf: &Shelf,
    tx: &mut TenantTx,
) -> Result<OwnedRwLockReadGuard<Index>, Error> {
    let org = tx.org();
    let slot = shelf.slot(org);
    let mut index = RwLock::write_owned(Arc::clone(&slot.index)).await;
    // Asked for before the rows: what is committed in between comes twice and not never.
    let horizon = store::horizon(tx).await?;
    index = match index.horizon {
        Some(since) => {
            let changed = store::changed(tx, since).await?;
            apply(app, tx, index, changed).await?
        }
        None => fill(app, shelf, tx, index).await?,
    };
    index.horizon = Some(horizon);
    shelf.weigh(org, &slot, index.bytes());
    Ok(index.downgrade())
}

async fn fill(
    app: &App,
    shelf: &Shelf,
    tx: &mut TenantTx,
    mut index: OwnedRwLockWriteGuard<Index>,
) -> Result<OwnedRwLockWriteGuard<Index>, Error> {
    *index = Index::default();
    let mut after = None;
    loop {
        let page = store::all(tx, after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(index);
        };
        after = Some(*last);
        index = apply(app, tx, index, page).await?;
        if !shelf.holds(index.bytes()) {
            shelf.forget(tx.org());
            return Err(Error::TooMuchToSearch);
        }
    }
}

/// Opens records and puts them in place; where they are many, beside the requests of others.
async fn apply(
    app: &App,
    tx: &mut TenantTx,
    mut index: OwnedRwLockWriteGuard<Index>,
    found: Vec<(SecretId, Option<Found>)>,
) -> Result<OwnedRwLockWriteGuard<Index>, Error> {
    let (app, org) = (app.clone(), tx.org());
    let work = move || {
        let mut closed = Vec::new();
        for (id, found) in found {
            let record = Record {
                keys: &app.keys,
                org,
                id,
            };
            let entry = found.map(|found| {
                opened(&record, &found).unwrap_or_else(|error| {
                    closed.push((id, error));
                    Entry::unreadable(found.vault, found.updated_at, found.kind)
                })
            });
            index.put(id, entry);
        }
        (index, closed)
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (index, closed) = done.map_err(|_| Error::Interrupted)?;
    for (id, error) in closed {
        unreadable::noted(tx, id, error).await?;
    }
    Ok(index)
}

fn opened(record: &Record<'_>, found: &Found) -> Result<Entry, Error> {
    let meta = record.open_meta(&found.head)?;
    if meta.kind != found.kind {
        return Err(Error::OtherType);
    }
    Ok(Entry::new(found.vault, found.updated_at, &meta))
}
