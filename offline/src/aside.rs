//! A hash that is computed beside the work, on a thread of its own: decompressing a layer and hashing
//! what comes out of it take about as long as each other.

use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use crate::Digest;
use crate::digest::Hasher;

/// What is handed over at a time, in bytes.
const PIECE: usize = 256 << 10;
/// How many pieces may wait: with them a layer costs this much memory more.
const WAITING: usize = 4;
/// Hashing needs next to none.
const STACK: usize = 128 << 10;

/// A running hash. Where no thread is to be had it is computed at once, with the same result.
#[derive(Debug)]
pub(crate) struct AsideHasher {
    gathered: Vec<u8>,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Beside(SyncSender<Vec<u8>>, JoinHandle<Digest>),
    Here(Hasher),
}

impl AsideHasher {
    /// For so many bytes: a few are hashed sooner than a thread is there.
    pub(crate) fn of_size(size: u64) -> Self {
        let worth_it = size > PIECE as u64;
        let work = worth_it.then(beside).flatten();
        Self {
            gathered: Vec::new(),
            work: work.unwrap_or_else(|| Work::Here(Hasher::default())),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.work {
            Work::Here(hash) => hash.update(bytes),
            Work::Beside(pieces, _) => {
                self.gathered.extend_from_slice(bytes);
                if self.gathered.len() >= PIECE {
                    let next = Vec::with_capacity(PIECE + bytes.len());
                    // The thread listens until this half is dropped.
                    let _heard = pieces.send(std::mem::replace(&mut self.gathered, next));
                }
            }
        }
    }

    /// The digest of all bytes; `None` if the thread died, which it has no reason to.
    pub(crate) fn finish(self) -> Option<Digest> {
        match self.work {
            Work::Here(hash) => Some(hash.finish()),
            Work::Beside(pieces, thread) => {
                pieces.send(self.gathered).ok()?;
                drop(pieces);
                thread.join().ok()
            }
        }
    }
}

fn beside() -> Option<Work> {
    let (pieces, arriving) = mpsc::sync_channel::<Vec<u8>>(WAITING);
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
        let mut hash = Hasher::default();
        for piece in arriving {
            hash.update(&piece);
        }
        hash.finish()
    });
    thread.ok().map(|thread| Work::Beside(pieces, thread))
}

#[cfg(test)]
mod tests {
    use super::{AsideHasher, PIECE};
    use crate::Digest;

    #[test]
    fn the_digest_is_the_same_in_whatever_pieces_it_comes() {
        for size in [0, 1, PIECE, PIECE + 1, 5 * PIECE + 7] {
            let bytes: Vec<u8> = (0u8..=250).cycle().take(size).collect();
            for step in [1 << 10, PIECE - 1, 3 * PIECE] {
                let mut hash = AsideHasher::of_size(size as u64);
                for piece in bytes.chunks(step) {
                    hash.update(piece);
                }
                assert_eq!(hash.finish(), Some(Digest::of(&bytes)), "{size} {step}");
            }
        }
    }
}
