//! In which order what was found is shown.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entry::{Entries, Entry};
use super::query::{Fit, Query, Readable};
use crate::kernel::SecretId;

/// By what it is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sort {
    /// What fits best first, then by name.
    Best,
    /// By name.
    Name,
    /// By the last change.
    Updated,
    /// By age.
    Created,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Direction {
    /// The smallest.
    Asc,
    /// The greatest.
    Desc,
}

/// Where a record stands in an order. No two are at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Place {
    fit: u8,
    updated: i128,
    name: String,
    pub(super) id: Uuid,
}

/// The same, while it is looked for.
type Looked<'a> = (u8, i128, &'a str, Uuid);

impl Place {
    fn looked(&self) -> Looked<'_> {
        (self.fit, self.updated, &self.name, self.id)
    }

    fn of((fit, updated, name, id): Looked<'_>) -> Self {
        Self {
            fit,
            updated,
            name: name.to_owned(),
            id,
        }
    }
}

impl Sort {
    fn place(self, id: SecretId, entry: &Entry, fit: Fit) -> Looked<'_> {
        let id = id.as_uuid();
        match self {
            Self::Best => (fit as u8, 0, entry.name(), id),
            Self::Name => (0, 0, entry.name(), id),
            Self::Updated => (0, entry.updated, "", id),
            // An id begins with the time at which it was made (RFC 9562, 5.7).
            Self::Created => (0, 0, "", id),
        }
    }
}

/// What is asked for, and in which order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) sort: Sort,
    pub(super) direction: Direction,
}

/// The first `count` places after one.
pub(super) fn page(
    entries: &Entries,
    (query, readable): (&Query, &Readable),
    order: Order,
    after: Option<&Place>,
    count: usize,
) -> Vec<Place> {
    let found = entries.iter().filter_map(|(id, entry)| {
        let fit = query.fit(readable, *id, entry)?;
        Some(order.sort.place(*id, entry, fit))
    });
    let after = after.map(Place::looked);
    let places = match order.direction {
        Direction::Asc => first(found, after.as_ref(), count),
        Direction::Desc => {
            let after = after.map(Reverse);
            let places = first(found.map(Reverse), after.as_ref(), count);
            places.into_iter().map(|Reverse(place)| place).collect()
        }
    };
    places.into_iter().map(Place::of).collect()
}

/// The `count` smallest that are greater than `after`, in order.
fn first<T: Ord>(all: impl Iterator<Item = T>, after: Option<&T>, count: usize) -> Vec<T> {
    let mut kept = BinaryHeap::with_capacity(count.saturating_add(1));
    for one in all {
        if after.is_some_and(|after| one <= *after) {
            continue;
        }
        if kept.len() < count {
            kept.push(one);
        } else if let Some(mut greatest) = kept.peek_mut()
            && one < *greatest
        {
            *greatest = one;
        }
    }
    kept.into_sorted_vec()
}
