//! The use case.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::cursor;
use super::order::{self, Order, Place};
use super::query::Query;
use super::refresh;
use super::shelf::Shelf;
use super::store;
use crate::context::App;
use crate::edge::Caller;
use crate::infra::db::TenantTx;
use crate::kernel::{Limit, Page};
use crate::vault::problem::Error;
use crate::vault::record::Secret;
use crate::vault::secrets::unreadable;

/// What is asked for.
pub(super) struct Asked {
    pub(super) query: Query,
    /// Only those that the caller keeps at hand, or only the others.
    pub(super) favourite: Option<bool>,
    pub(super) order: Order,
    pub(super) cursor: Option<String>,
    pub(super) limit: Limit,
}

/// The records that are meant and that the caller may read.
pub(super) async fn search(
    app: &App,
    shelf: &Shelf,
    caller: Caller,
    mut asked: Asked,
) -> Result<Page<Secret>, Error> {
    let order = asked.order;
    let after = asked.cursor.as_deref().filter(|text| !text.is_empty());
    let after = after.map(|text| cursor::open(&app.keys, caller.org, order, text));
    let after = after.transpose()?;
    let held = refresh::hold(app, shelf, caller.org).await?;
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let index = held.current(app, shelf, &mut tx).await?;
    let readable = Arc::new(store::readable(&mut tx, caller.user, caller.at).await?);
    if let Some(wanted) = asked.favourite {
        let ids = store::favourites(&mut tx, caller.user).await?;
        asked.query.favourites = Some((wanted, ids.into_iter().collect()));
    }
    let (query, may) = (asked.query, Arc::clone(&readable));
    let count = usize::try_from(asked.limit.fetch()).unwrap_or_default();
    let looking = move || order::page(&index.entries, (&query, &may), order, after.as_ref(), count);
    let places = tokio::task::spawn_blocking(looking)
        .await
        .map_err(|_| Error::Interrupted)?;
    let (places, next) = cut(places, count);
    let ids: Vec<Uuid> = places.iter().map(|place| place.id).collect();
    let rows = store::listed(&mut tx, (caller.user, &readable), &ids).await?;
    let rows = rows.into_iter().map(|row| (row.id.as_uuid(), row));
    let mut rows: BTreeMap<Uuid, _> = rows.collect();
    let mut items = Vec::with_capacity(rows.len());
    for row in ids.iter().filter_map(|id| rows.remove(id)) {
        items.push(unreadable::listed(app, &mut tx, row).await?);
    }
    tx.finish();
    Ok(Page {
        items,
        next_cursor: next.and_then(|spot| cursor::seal(&app.keys, caller.org, order, spot)),
    })
}

/// The places of the page, and the last of them when more follow.
fn cut(mut places: Vec<Place>, count: usize) -> (Vec<Place>, Option<Place>) {
    if places.len() < count {
        return (places, None);
    }
    places.truncate(count.saturating_sub(1));
    let last = places.last().cloned();
    (places, last)
}
