//! The indexes that are in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::{Duration, OffsetDateTime};
use tokio::sync::RwLock;

use super::index::Index;
use crate::kernel::OrgId;

/// One organisation's place on the shelf.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) index: Arc<RwLock<Index>>,
    bytes: AtomicUsize,
    used: AtomicU64,
}

/// The most that the indexes of all organisations take together, about, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// For how long nobody tries again to make an index that was too large.
const REFUSED: Duration = Duration::minutes(10);

/// The indexes that are in memory. When they take more than the bound together, those that were not
/// used for the longest go, and are made again when somebody asks. One organisation has half of the room
/// at most, and more is not tried again for a while: what is left is for the others, whatever it stores.
/// Cheap to clone.
#[derive(Clone)]
pub(in crate::vault) struct Shelf(Arc<Shared>);

struct Shared {
    most_bytes: usize,
    turn: AtomicU64,
    slots: Mutex<HashMap<OrgId, Arc<Slot>>>,
    /// Those whose index was too large, and until when it is not tried again.
    refused: Mutex<HashMap<OrgId, OffsetDateTime>>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new(MOST_BYTES)
    }
}

impl Shelf {
    /// An empty one.
    pub(in crate::vault) fn new(most_bytes: usize) -> Self {
        Self(Arc::new(Shared {
            most_bytes,
            turn: AtomicU64::new(0),
            slots: Mutex::default(),
            refused: Mutex::default(),
        }))
    }

    /// The place of an organisation.
    pub(super) fn slot(&self, org: OrgId) -> Arc<Slot> {
        let slot = Arc::clone(self.slots().entry(org).or_default());
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        slot.used.store(turn, Ordering::Relaxed);
        slot
    }

    /// Whether one organisation's index may take so much.
    pub(super) fn holds(&self, bytes: usize) -> bool {
        bytes <= self.0.most_bytes / 2
    }

    /// Takes down an index that is too large, and remembers that it is.
    pub(super) fn refuse(&self, org: OrgId, now: OffsetDateTime) {
        self.forget(org);
        let until = now.saturating_add(REFUSED);
        self.refused().insert(org, until);
    }

    /// Whether an organisation's index was too large a moment ago.
    pub(super) fn refuses(&self, org: OrgId, now: OffsetDateTime) -> bool {
        let mut refused = self.refused();
        let refuses = refused.get(&org).is_some_and(|until| now < *until);
        if !refuses {
            refused.remove(&org);
        }
        refuses
    }

    /// The organisations that something is kept of.
    pub(super) fn all(&self) -> Vec<OrgId> {
        self.slots().keys().copied().collect()
    }

    /// Notes what an index takes now, and makes room.
    pub(super) fn weigh(&self, org: OrgId, slot: &Slot, bytes: usize) {
        slot.bytes.store(bytes, Ordering::Relaxed);
        let mut slots = self.slots();
        let total = |slots: &HashMap<OrgId, Arc<Slot>>| -> usize {
            slots
                .values()
                .map(|slot| slot.bytes.load(Ordering::Relaxed))
                .sum()
        };
        while total(&slots) > self.0.most_bytes {
            let others = slots.iter().filter(|(other, _)| **other != org);
            let oldest = others.min_by_key(|(_, slot)| slot.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(org, _)| *org) else {
                break;
            };
            slots.remove(&oldest);
        }
    }

    /// Takes an organisation's index down.
    pub(super) fn forget(&self, org: OrgId) {
        self.slots().remove(&org);
    }

    /// How many organisations are on it.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.slots().len()
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<OrgId, OffsetDateTime>> {
        let refused = self.0.refused.lock();
        refused.unwrap_or_else(PoisonError::into_inner)
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<OrgId, Arc<Slot>>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
