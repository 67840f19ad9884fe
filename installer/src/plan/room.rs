//! How much room an upgrade takes, where, and until when.

use offline::Manifest;

use console::bytes;

use super::checks::{failed, ok};
use super::{Check, Plan, Stored, blob_size};
use crate::facts::Facts;

/// What a new cluster of PostgreSQL and its log take beside the data.
const CLUSTER: u64 = 128 << 20;
/// The files of a backup beside the dump.
const BACKUP: u64 = 1 << 20;

/// Bytes of one disk, by what they are for, in the order in which they are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    /// The bundle: images, files, compressed layers.
    pub(crate) receive: u64,
    /// The backup, and the scratch database that it is restored into.
    pub(crate) rehearse: u64,
    /// The clone of the database. Going back takes none: it is a change of names.
    pub(crate) cut_over: u64,
}

/// The room on the two disks that an upgrade works on; they may be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rooms {
    /// Where the engine keeps images and volumes.
    pub(crate) engine: Room,
    /// Where the installation's folder is.
    pub(crate) folder: Room,
}

impl Room {
    pub(crate) const fn sum(self) -> u64 {
        self.receive
            .saturating_add(self.rehearse)
            .saturating_add(self.cut_over)
    }
}

/// What an upgrade takes.
pub(crate) fn rooms(plan: &Plan, manifest: &Manifest, stored: &Stored) -> Rooms {
    let layers = plan.loads.values().flat_map(|lacking| {
        let places = lacking.layers.iter();
        places.filter_map(|&place| lacking.image.layers.get(place))
    });
    let unpacked: u64 = layers.map(|layer| layer.uncompressed_size).sum();
    let files: u64 = manifest.files().map(|member| member.size).sum();
    let clone = if stored.pending.is_empty() {
        0
    } else {
        stored.size
    };
    Rooms {
        engine: Room {
            // The engine keeps an upload until it is registered.
            receive: unpacked.saturating_mul(2),
            rehearse: stored.size.saturating_add(CLUSTER),
            cut_over: clone,
        },
        folder: Room {
            receive: files.saturating_add(blob_size(manifest)),
            // A dump is smaller than what it is of.
            rehearse: stored.size.saturating_add(BACKUP),
            cut_over: 0,
        },
    }
}

/// Whether there is room for the upgrade; it is taken before the first change as well.
pub(crate) fn checks(facts: &Facts, rooms: Rooms) -> Vec<Check> {
    let check = |what: &str, free: Option<u64>, room: Room| {
        let free = free?;
        let fact = format!(
            "{} free for {what}, {} are needed",
            bytes(free),
            bytes(room.sum())
        );
        Some(if free < room.sum() {
            let hint = "make room, or put it on a larger disk: backup, rehearsal and clone each take \
                        as much as the database";
            failed("room", fact, hint)
        } else {
            ok("room", fact)
        })
    };
    let engine = check(
        "images, rehearsal and clone",
        facts.engine_free,
        rooms.engine,
    );
    let folder = check("bundle and backup", facts.dir_free, rooms.folder);
    engine.into_iter().chain(folder).collect()
}
