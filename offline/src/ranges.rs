//! The hash tree over a bundle's body: which part of a large file is damaged, and whether a small
//! part that was brought later belongs there.
//!
//! The body is everything behind the head (manifest and signatures). It is cut into ranges of
//! 4 MiB, a range into leaves of 16 KiB. The signed manifest names one digest for each range; the
//! leaves' digests are made where they are needed. Both kinds are told apart by a first byte, as in
//! RFC 6962 §2.1, so that no range can pass for a leaf.

use std::io::{self, Write};

use crate::Digest;
use crate::digest::Hasher;

/// Bytes of a range.
pub const RANGE: u64 = 4 << 20;
/// Bytes of a leaf.
pub const LEAF: usize = 16 << 10;

const LEAF_MARK: &[u8] = &[0];
const RANGE_MARK: &[u8] = &[1];

fn marked(mark: &[u8]) -> Hasher {
    let mut hasher = Hasher::default();
    hasher.update(mark);
    hasher
}

/// The digest of one leaf: at most [`LEAF`] bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Digest {
    let mut hasher = marked(LEAF_MARK);
    hasher.update(bytes);
    hasher.finish()
}

/// The digest of one range: at most [`RANGE`] bytes.
#[must_use]
pub fn range(bytes: &[u8]) -> Digest {
    let mut hasher = marked(RANGE_MARK);
    for piece in bytes.chunks(LEAF) {
        hasher.update(leaf(piece).as_bytes());
    }
    hasher.finish()
}

/// Makes the digests of the ranges of what is written to it.
#[derive(Debug)]
pub struct RangeWriter {
    leaf: Hasher,
    in_leaf: usize,
    range: Hasher,
    in_range: u64,
    digests: Vec<Digest>,
}

impl Default for RangeWriter {
    fn default() -> Self {
        Self {
            leaf: marked(LEAF_MARK),
            in_leaf: 0,
            range: marked(RANGE_MARK),
            in_range: 0,
            digests: Vec::new(),
        }
    }
}

impl RangeWriter {
    /// One digest for each range, the last one perhaps of a shorter range.
    #[must_use]
    pub fn finish(mut self) -> Vec<Digest> {
        if self.in_leaf > 0 {
            self.end_leaf();
        }
        if self.in_range > 0 {
            self.end_range();
        }
        self.digests
    }

    fn end_leaf(&mut self) {
        let leaf = std::mem::replace(&mut self.leaf, marked(LEAF_MARK)).finish();
        self.range.update(leaf.as_bytes());
        self.in_leaf = 0;
    }

    fn end_range(&mut self) {
        let range = std::mem::replace(&mut self.range, marked(RANGE_MARK)).finish();
        self.digests.push(range);
        self.in_range = 0;
    }
}

impl Write for RangeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.len().min(LEAF - self.in_leaf));
            self.leaf.update(piece);
            self.in_leaf += piece.len();
            self.in_range += piece.len() as u64;
            rest = later;
            if self.in_leaf == LEAF {
                self.end_leaf();
            }
            if self.in_range == RANGE {
                self.end_range();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{LEAF, RANGE, RangeWriter, range};

    #[test]
    fn any_cutting_gives_the_same_digests() {
        let size = usize::try_from(RANGE).unwrap() + 3 * LEAF + 17;
        let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let expected: Vec<_> = bytes
            .chunks(usize::try_from(RANGE).unwrap())
            .map(range)
            .collect();
        for step in [1000, LEAF, LEAF + 1, size] {
            let mut writer = RangeWriter::default();
            for piece in bytes.chunks(step) {
                writer.write_all(piece).unwrap();
            }
            assert_eq!(writer.finish(), expected, "steps of {step}");
        }
        assert!(RangeWriter::default().finish().is_empty());
    }
}
