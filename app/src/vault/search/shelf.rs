//! The indexes that are in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// The indexes that are in memory. When they take more than the bound together, those that were not
/// used for the longest go, and are made again when somebody asks. Cheap to clone.
#[derive(Clone)]
pub(in crate::vault) struct Shelf(Arc<Shared>);

struct Shared {
    most_bytes: usize,
    turn: AtomicU64,
    slots: Mutex<HashMap<OrgId, Arc<Slot>>>,
}

impl Shelf {
    /// An empty one.
    pub(in crate::vault) fn new(most_bytes: usize) -> Self {
        Self(Arc::new(Shared {
            most_bytes,
            turn: AtomicU64::new(0),
            slots: Mutex::default(),
        }))
    }

    /// The place of an organisation.
    pub(super) fn slot(&self, org: OrgId) -> Arc<Slot> {
        let slot = Arc::clone(self.slots().entry(org).or_default());
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        slot.used.store(turn, Ordering::Relaxed);
        slot
    }

    /// Whether one organisation's index may take so much, alone.
    pub(super) fn holds(&self, bytes: usize) -> bool {
        bytes <= self.0.most_bytes
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

    fn slots(&self) -> MutexGuard<'_, HashMap<OrgId, Arc<Slot>>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
