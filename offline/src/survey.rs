//! Looking over a whole bundle for damage, when reading it in order has failed.
//!
//! Every range of the body is compared with the digest that the manifest promises, so that all
//! damage is known at once, with its place. A sector that cannot be read counts as damage and does
//! not end the survey.

use std::io;

use crate::digest::Digest;
use crate::medium::{Medium, fill};
use crate::progress::Progress;
use crate::ranges::{self, LEAF, RANGE};
use crate::{Manifest, header};

/// A range that is not as promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRange {
    /// Its number, from 0.
    pub number: u64,
    /// The digests of its leaves as they were found; `None` where nothing could be read.
    pub leaves: Vec<Option<Digest>>,
}

/// What is wrong with a bundle whose manifest holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// Where the body begins.
    pub head: u64,
    /// How large the bundle is.
    pub size: u64,
    /// How large it has to be.
    pub expected: u64,
    /// Ranges that are not as promised, in order. Those beyond the end of a truncated copy are
    /// among them.
    pub bad: Vec<BadRange>,
}

/// One stretch of damage, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where it begins in the bundle.
    pub offset: u64,
    /// How long it is, in bytes; the damage is somewhere within.
    pub length: u64,
    /// The volume, where there are several.
    pub volume: Option<u32>,
    /// The members that it touches.
    pub members: Vec<String>,
}

impl Survey {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.bad.is_empty() && self.size == self.expected
    }

    /// How many bytes are missing at the end.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.expected.saturating_sub(self.size)
    }

    /// What is wrong, a line for each place, as a person wants to read it.
    #[must_use]
    pub fn describe(&self, manifest: &Manifest, medium: &dyn Medium) -> Vec<String> {
        let mut lines = Vec::new();
        if self.missing() > 0 {
            lines.push(format!(
                "the copy stopped: the last {} of {} bytes are missing",
                self.missing(),
                self.expected
            ));
        } else if self.size > self.expected {
            lines.push(format!(
                "{} bytes follow the end of the bundle",
                self.size - self.expected
            ));
        }
        for damage in self.damage(manifest, medium) {
            let volume = damage.volume.map(|number| format!("volume {number}, "));
            let more = damage.members.len().saturating_sub(3);
            let mut members = damage.members;
            members.truncate(3);
            lines.push(format!(
                "damaged: {}within {} bytes from byte {}, in {}{}",
                volume.unwrap_or_default(),
                damage.length,
                damage.offset,
                members.join(", "),
                if more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                }
            ));
        }
        lines
    }

    /// The damage with its places. What is missing at the end is not part of it.
    #[must_use]
    pub fn damage(&self, manifest: &Manifest, medium: &dyn Medium) -> Vec<Damage> {
        let mut all = Vec::new();
        for bad in &self.bad {
            let offset = self.head + bad.number * RANGE;
            let end = (offset + RANGE).min(self.size).min(self.expected);
            if offset < end {
                all.push(Damage {
                    offset,
                    length: end - offset,
                    volume: medium.volume_of(offset),
                    members: members(manifest, self.head, offset, end),
                });
            }
        }
        all
    }
}

/// The members that have bytes between two places of the bundle.
fn members(manifest: &Manifest, head: u64, from: u64, to: u64) -> Vec<String> {
    let mut start = head;
    let mut touched = Vec::new();
    for member in &manifest.members {
        let end = start + header::space(member.size);
        if start < to && from < end {
            touched.push(member.name.to_string());
        }
        start = end;
    }
    if start < to {
        touched.push("the end of the archive".to_owned());
    }
    touched
}

/// Compares every range of the body with what the manifest promises.
///
/// # Errors
/// When the size of the medium cannot be had.
pub fn survey(
    medium: &dyn Medium,
    manifest: &Manifest,
    head: u64,
    progress: &mut dyn Progress,
) -> io::Result<Survey> {
    let size = medium.size()?;
    let body = manifest.body_size();
    let expected = head + body;
    progress.begin("Looking for damage", body);
    let mut buffer = vec![0; usize::try_from(RANGE).unwrap_or(0)];
    let mut bad = Vec::new();
    for (number, promised) in (0_u64..).zip(&manifest.ranges) {
        let offset = head + number * RANGE;
        let length = RANGE.min(expected - offset);
        let wanted = buffer
            .get_mut(..usize::try_from(length).unwrap_or(0))
            .unwrap_or_default();
        let whole = fill(medium, wanted, offset).is_ok_and(|count| count as u64 == length);
        if !(whole && ranges::range(wanted) == *promised) {
            let leaves = leaves(medium, wanted, offset);
            bad.push(BadRange { number, leaves });
        }
        progress.advance(length);
    }
    progress.end();
    Ok(Survey {
        head,
        size,
        expected,
        bad,
    })
}

/// The digests of a range's leaves, each read by itself: one bad sector hides no other leaf.
fn leaves(medium: &dyn Medium, buffer: &mut [u8], offset: u64) -> Vec<Option<Digest>> {
    (0_u64..)
        .zip(buffer.chunks_mut(LEAF))
        .map(|(number, piece)| {
            let count = fill(medium, piece, offset + number * LEAF as u64).ok()?;
            (count == piece.len()).then(|| ranges::leaf(piece))
        })
        .collect()
}
