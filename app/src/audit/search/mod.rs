//! Looking for entries of a trail.
//!
//! What stands in columns is looked for by the database. Words are looked for here, because the names
//! of things are sealed: entries are opened page by page until enough of them fit, or until
//! [`MOST_OPENED`] were looked at. Then the answer says where to go on, even if nothing was found yet.

mod filter;
mod store;

pub(super) use filter::{Filter, FilterQuery};

use time::OffsetDateTime;

use super::chain;
use super::view::{EventView, Viewer};
use crate::context::App;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::OrgId;

/// So many entries are opened at a time.
const PAGE: i64 = 500;
/// So many entries are opened for one answer.
const MOST_OPENED: i64 = 20_000;

/// In which order entries come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The last first.
    Newest,
    /// The first first.
    Oldest,
}

/// What is looked for, and how.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) filter: Filter,
    pub(super) order: Order,
    /// The number behind which it begins, or before which.
    pub(super) from: Option<i64>,
    pub(super) most: usize,
}

/// Entries that were found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) items: Vec<EventView>,
    /// The number of the entry that was looked at last.
    pub(super) seen: Option<i64>,
    /// Whether there may be more.
    pub(super) more: bool,
}

/// Looks for entries, once all that were written have their numbers.
pub(super) async fn find(app: &App, org: OrgId, search: &Search) -> Result<Found, DbError> {
    // Numbers are given behind the writers; whoever looks sees them all.
    chain::seal(&app.db, &app.keys, org).await?;
    let mut tx = TenantTx::begin(&app.db, org).await?;
    let found = look(&mut tx, app, search).await?;
    tx.finish();
    Ok(found)
}

/// The same among those that have numbers.
pub(super) async fn look(tx: &mut TenantTx, app: &App, search: &Search) -> Result<Found, DbError> {
    let mut viewer = Viewer::new(&app.keys, tx.org());
    let wanted = (&search.filter, search.order);
    let most = i64::try_from(search.most).unwrap_or(PAGE);
    let page = if search.filter.is_by_words() {
        PAGE
    } else {
        most.saturating_add(1)
    };
    let (mut items, mut seen, mut opened) = (Vec::new(), search.from, 0);
    loop {
        let rows = store::some(tx, wanted, seen, page).await?;
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        for placed in rows {
            if items.len() >= search.most {
                return Ok(Found {
                    items,
                    seen,
                    more: true,
                });
            }
            seen = Some(placed.seq);
            let shown = viewer.show(placed);
            if search.filter.has_words(&shown) {
                items.push(shown);
            }
        }
        opened += count;
        if count < page {
            return Ok(Found {
                items,
                seen,
                more: false,
            });
        }
        if opened >= MOST_OPENED {
            return Ok(Found {
                items,
                seen,
                more: true,
            });
        }
    }
}

/// The number of the last entry that has one.
pub(super) async fn last(tx: &mut TenantTx) -> Result<i64, DbError> {
    store::last(tx).await
}

/// The number of the last entry before a time.
pub(super) async fn last_before(
    app: &App,
    org: OrgId,
    time: OffsetDateTime,
) -> Result<Option<i64>, DbError> {
    let mut tx = TenantTx::begin(&app.db, org).await?;
    let found = store::last_before(&mut tx, time).await?;
    tx.finish();
    Ok(found)
}
