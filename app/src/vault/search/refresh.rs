//! Bringing an index up to date, in the transaction of whoever searches: what was committed before
//! they asked is found, whichever server committed it.

use std::sync::Arc;

use time::Duration;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::entry::Entry;
use super::index::{Horizon, Index};
use super::shelf::{Shelf, Slot};
use super::store::{self, Found, Rows};
use crate::context::App;
use crate::infra::db::TenantTx;
use crate::kernel::OrgId;
use crate::vault::problem::Error;
use crate::vault::seal::Record;
use crate::vault::secrets::unreadable;

/// So many changed records are read at a time. What lists show of one is 32 KiB at most.
const PAGE: i64 = 250;
/// An index that nobody asked for so long is made again: which records are gone since is not known for
/// ever (`store::prune`).
const OLDEST: Duration = Duration::hours(12);

/// The index of an organisation while it is brought up to date.
pub(super) struct Held {
    slot: Arc<Slot>,
    index: OwnedRwLockWriteGuard<Index>,
}

/// Waits until nobody else brings the index up to date, and makes it where there is none. Before a connection
/// is taken: those who wait here leave the database to others. It is made by a task of its own, which goes on
/// when whoever asked goes away: a large one would otherwise be begun again and again, and never be there.
pub(super) async fn hold(app: &App, shelf: &Shelf, org: OrgId) -> Result<Held, Error> {
    if shelf.refuses(org, app.clock.now()) {
        return Err(Error::TooMuchToSearch);
    }
    let slot = shelf.slot(org);
    let index = RwLock::write_owned(Arc::clone(&slot.index)).await;
    let held = Held { slot, index };
    if held.index.fresh.is_some() {
        return Ok(held);
    }
    let (app, shelf) = (app.clone(), shelf.clone());
    let making = tokio::spawn(async move { held.made(&app, &shelf, org).await });
    making.await.map_err(|_| Error::Interrupted)?
}

impl Held {
    /// The same, filled.
    async fn made(self, app: &App, shelf: &Shelf, org: OrgId) -> Result<Self, Error> {
        let Self { slot, index } = self;
        let filling = Filling {
            app,
            shelf,
            slot: &slot,
        };
        let mut tx = TenantTx::begin(&app.db, org).await?;
        // Asked for before the rows: what is committed in between comes twice and not never.
        let now = store::fresh(&mut tx).await?;
        let mut index = filling.fill(&mut tx, index).await?;
        tx.finish();
        index.fresh = Some(now);
        Ok(Self { slot, index })
    }

    /// The index as a transaction sees it. Whoever reads it holds a lock that stops others from changing
    /// it, and from nothing else.
    pub(super) async fn current(
        self,
        app: &App,
        shelf: &Shelf,
        tx: &mut TenantTx,
    ) -> Result<OwnedRwLockReadGuard<Index>, Error> {
        let Self { slot, mut index } = self;
        let filling = Filling {
            app,
            shelf,
            slot: &slot,
        };
        // Asked for before the rows: what is committed in between comes twice and not never.
        let now = store::fresh(tx).await?;
        let before = index.fresh.filter(|fresh| now.at - fresh.at < OLDEST);
        index = match before {
            Some(fresh) => filling.refresh(tx, index, fresh.horizon).await?,
            None => filling.fill(tx, index).await?,
        };
        index.fresh = Some(now);
        Ok(index.downgrade())
    }
}

/// What an index is filled with, and where it stands.
struct Filling<'a> {
    app: &'a App,
    shelf: &'a Shelf,
    slot: &'a Slot,
}

type Writing = OwnedRwLockWriteGuard<Index>;

impl Filling<'_> {
    async fn fill(&self, tx: &mut TenantTx, mut index: Writing) -> Result<Writing, Error> {
        *index = Index::default();
        store::begin_all(tx).await?;
        loop {
            let page = store::some_more(tx).await?;
            if page.is_empty() {
                store::end_all(tx).await?;
                return Ok(index);
            }
            index = self.take(tx, index, page).await?;
        }
    }

    async fn refresh(
        &self,
        tx: &mut TenantTx,
        mut index: Writing,
        since: Horizon,
    ) -> Result<Writing, Error> {
        let mut behind = None;
        loop {
            let (page, last) = store::changed(tx, since, behind, PAGE).await?;
            if last.is_none() {
                break;
            }
            behind = last;
            index = self.take(tx, index, page).await?;
        }
        for id in store::gone(tx, since).await? {
            index.put(id, None);
        }
        Ok(index)
    }

    /// Takes some records in, and makes room for them.
    async fn take(&self, tx: &mut TenantTx, index: Writing, page: Rows) -> Result<Writing, Error> {
        let org = tx.org();
        let index = apply(self.app, tx, index, page).await?;
        if !self.shelf.holds(index.bytes()) {
            self.shelf.refuse(org, self.app.clock.now());
            return Err(Error::TooMuchToSearch);
        }
        self.shelf.weigh(org, self.slot, index.bytes());
        Ok(index)
    }
}

/// Opens records and puts them in place; where they are many, beside the requests of others.
async fn apply(
    app: &App,
    tx: &mut TenantTx,
    mut index: OwnedRwLockWriteGuard<Index>,
    found: Rows,
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
