//! Looking over a whole bundle for damage, when reading it in order has failed.
//!
//! Every range of the body is compared with the digest that the manifest promises, so that all
//! damage is known at once, with its place. A sector that cannot be read counts as damage and does
//! not end the survey.

use std::io;
use std::ops::Range;

use crate::digest::Digest;
use crate::header::BLOCK;
use crate::medium::{Medium, fill};
use crate::progress::Progress;
use crate::ranges::{self, LEAF, RANGE};
use crate::volumes::Flaw;
use crate::{Manifest, Member, header};

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
    /// What is wrong with volumes beside that: their copies of the head, labels, ends.
    pub flaws: Vec<Flaw>,
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
    /// The members that do not hold, or of which it cannot be told without reading all of them.
    pub members: Vec<String>,
}

impl Survey {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.bad.is_empty() && self.flaws.is_empty() && self.size == self.expected
    }

    /// How many bytes are missing at the end.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.expected.saturating_sub(self.size)
    }

    /// What is wrong, a line for each place, as a person wants to read it.
    #[must_use]
    pub fn describe(&self, manifest: &Manifest, medium: &dyn Medium) -> Vec<String> {
        let mut lines: Vec<String> = self.flaws.iter().map(Flaw::to_string).collect();
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

    /// The damage with its places. The range in which a copy stopped, and what is missing behind it,
    /// is not part of it.
    #[must_use]
    pub fn damage(&self, manifest: &Manifest, medium: &dyn Medium) -> Vec<Damage> {
        let mut all = Vec::new();
        for bad in &self.bad {
            let offset = self.head + bad.number * RANGE;
            let end = (offset + RANGE).min(self.expected);
            // Of a range that is cut off, nobody can tell whether the rest of it holds.
            if end <= self.size {
                let spans = blamed(manifest, medium, self.head, offset..end);
                let from = spans.first().map_or(offset, |span| span.place.start);
                let to = spans.last().map_or(end, |span| span.place.end);
                all.push(Damage {
                    offset: from,
                    length: to - from,
                    volume: medium.volume_of(from),
                    members: spans.into_iter().map(|span| span.name).collect(),
                });
            }
        }
        all
    }
}

/// What of a member lies in a stretch of the bundle.
struct Span {
    name: String,
    place: Range<u64>,
}

/// The members with bytes in a damaged stretch, but for those that lie in it whole and hold.
fn blamed(manifest: &Manifest, medium: &dyn Medium, head: u64, stretch: Range<u64>) -> Vec<Span> {
    let mut start = head;
    let (mut blamed, mut all) = (Vec::new(), Vec::new());
    let within = |place: &Range<u64>| stretch.start.max(place.start)..stretch.end.min(place.end);
    for member in &manifest.members {
        let place = start..start + header::space(member.size);
        start = place.end;
        if place.start >= stretch.end || place.end <= stretch.start {
            continue;
        }
        let whole = within(&place) == place;
        let holds = whole && holds(medium, member, &place);
        let spans = if holds { &mut all } else { &mut blamed };
        spans.push(Span {
            name: member.name.to_string(),
            place: within(&place),
        });
    }
    let end = start..start + header::END.len() as u64;
    if !within(&end).is_empty() && !is_end(medium, start) {
        blamed.push(Span {
            name: "the end of the archive".to_owned(),
            place: within(&end),
        });
    }
    // A medium may give other bytes each time it is read: then nothing can be told apart.
    if blamed.is_empty() { all } else { blamed }
}

/// Whether a member is as promised. It is no larger than a range.
fn holds(medium: &dyn Medium, member: &Member, place: &Range<u64>) -> bool {
    let mut bytes = vec![0; usize::try_from(place.end - place.start).unwrap_or(0)];
    let whole = fill(medium, &mut bytes, place.start).is_ok_and(|count| count == bytes.len());
    let Some((found, rest)) = bytes.split_at_checked(BLOCK).filter(|_| whole) else {
        return false;
    };
    let size = usize::try_from(member.size).unwrap_or(usize::MAX);
    rest.split_at_checked(size)
        .is_some_and(|(content, padding)| {
            found == header::header(&member.name, member.size, member.mode)
                && Digest::of(content) == member.sha256
                && padding.iter().all(|byte| *byte == 0)
        })
}

fn is_end(medium: &dyn Medium, at: u64) -> bool {
    let mut bytes = [1; header::END.len()];
    fill(medium, &mut bytes, at).is_ok() && bytes == header::END
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
        flaws: medium.flaws(),
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
