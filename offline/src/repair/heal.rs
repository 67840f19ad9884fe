//! Healing a copy with an answer.

use std::io::Read;
use std::path::Path;

use license::trust::Trust;

use super::{Answered, LEAVES, leaf_name, read_range, refuse};
use crate::error::{Error, Kind};
use crate::header::{self, BLOCK};
use crate::medium::{Medium, Start, fill};
use crate::ranges::{self, LEAF, RANGE};
use crate::read::Verified;
use crate::volumes::{self, Flaw};
use crate::{Manifest, read};

/// An answer whose head holds: of which bundle it is, is known, and what it heals is promised.
#[derive(Debug)]
pub struct Answer<'a, R> {
    verified: Verified<R>,
    trust: &'a Trust,
}

/// Heals a bundle with an answer: [`Answer::open`] and [`Answer::heal`].
///
/// # Errors
/// As those.
pub fn heal(medium: &dyn Medium, answer: impl Read, trust: &Trust) -> Result<Answered, Error> {
    Answer::open(answer, trust)?.heal(medium)
}

impl<'a, R: Read> Answer<'a, R> {
    /// Reads the head of an answer.
    ///
    /// # Errors
    /// [`Error`] when it is not signed by those who are trusted.
    pub fn open(answer: R, trust: &'a Trust) -> Result<Self, Error> {
        let verified = read::open(answer)?.verify(trust)?;
        Ok(Self { verified, trust })
    }

    /// Opens the copy that it is for. Where there are volumes, the head of the answer tells what they
    /// have to be: it may be that none of theirs holds.
    ///
    /// # Errors
    /// [`Error`] when a volume is missing, or belongs to another bundle.
    pub fn medium(&self, bundle: &Path) -> Result<Box<dyn Medium>, Error> {
        volumes::medium(bundle, &self.verified, true)
    }

    /// Heals a copy. A range is written only when it becomes what was promised, and a head only over
    /// a damaged one of the same bundle.
    ///
    /// # Errors
    /// [`Error`] when the answer belongs to another bundle, or does not heal.
    pub fn heal(self, medium: &dyn Medium) -> Result<Answered, Error> {
        let io = |error| Error::new(Kind::Io(error), None, 0);
        let head = self.verified.head().to_bytes().map_err(io)?;
        let manifest = self.verified.manifest().clone();
        let head_size = head.len() as u64;
        let same_head = has_head(medium, &manifest, &head, self.trust)?;
        let mut healed = leaves(
            medium,
            &manifest,
            head_size,
            &mut self.verified.into_reader(),
        )?;
        if !same_head {
            medium.write_all_at(&head, 0).map_err(io)?;
            healed.bytes += head_size;
        }
        for flaw in medium.flaws() {
            if let Flaw::Damaged { length, .. } = flaw {
                healed.bytes += length;
            }
        }
        medium
            .resize(head_size + manifest.body_size())
            .and_then(|()| medium.sync())
            .map_err(io)?;
        Ok(healed)
    }
}

/// Puts the leaves of an answer in their places.
fn leaves(
    medium: &dyn Medium,
    manifest: &Manifest,
    head: u64,
    answer: &mut impl Read,
) -> Result<Answered, Error> {
    let mut healed = Answered::default();
    let mut next = read_leaf(answer)?;
    while let Some((number, _)) = next {
        let number = number / LEAVES;
        let mut range = read_range(medium, manifest, head, number)?;
        let mut written = Vec::new();
        while let Some((leaf, bytes)) = next.take_if(|(leaf, _)| *leaf / LEAVES == number) {
            let at = usize::try_from(leaf % LEAVES).unwrap_or(0) * LEAF;
            let place = range.bytes.get_mut(at..at + bytes.len());
            place
                .ok_or_else(|| refuse("a leaf is longer than its range"))?
                .copy_from_slice(&bytes);
            written.push((head + number * RANGE + at as u64, bytes));
            next = read_leaf(answer)?;
        }
        if ranges::range(&range.bytes) != range.promised {
            return Err(refuse(
                "the answer does not heal this copy: it answers another request",
            ));
        }
        for (offset, bytes) in written {
            medium
                .write_all_at(&bytes, offset)
                .map_err(|error| Error::new(Kind::Io(error), None, 0))?;
            healed.leaves += 1;
            healed.bytes += bytes.len() as u64;
        }
    }
    Ok(healed)
}

/// Whether a medium has this head. One with another is refused, unless its own is damaged and what
/// comes behind it is this bundle's.
fn has_head(
    medium: &dyn Medium,
    manifest: &Manifest,
    head: &[u8],
    trust: &Trust,
) -> Result<bool, Error> {
    let mut own = vec![0; head.len()];
    // A sector that cannot be read is damage.
    if fill(medium, &mut own, 0).is_ok() && own == head {
        return Ok(true);
    }
    let genuine = read::open(Start::of(medium)).and_then(|bundle| bundle.verify(trust));
    let same_body = || {
        (0..manifest.ranges.len() as u64).any(|number| {
            read_range(medium, manifest, head.len() as u64, number)
                .is_ok_and(|range| ranges::range(&range.bytes) == range.promised)
        })
    };
    if genuine.is_ok() || !same_body() {
        return Err(refuse("the answer is about another bundle"));
    }
    Ok(false)
}

/// The next leaf of an answer, or `None` at its end.
fn read_leaf(answer: &mut impl Read) -> Result<Option<(u64, Vec<u8>)>, Error> {
    let broken = || refuse("the answer is damaged");
    let ended = |error| Error::from_io(error, Some("the answer"), 0);
    let mut bytes = [0; BLOCK];
    answer.read_exact(&mut bytes).map_err(ended)?;
    if bytes == [0; BLOCK] {
        return Ok(None);
    }
    let size = header::stated_size(&bytes).filter(|size| *size <= LEAF as u64);
    let size = size.ok_or_else(broken)?;
    let digits: String = bytes
        .iter()
        .skip("leaves/".len())
        .take(20)
        .take_while(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect();
    let number = digits.parse().map_err(|_| broken())?;
    if bytes != header::header(&leaf_name(number)?, size, header::PLAIN_MODE) {
        return Err(broken());
    }
    let mut leaf = vec![0; usize::try_from(size + header::padding(size)).unwrap_or(0)];
    answer.read_exact(&mut leaf).map_err(ended)?;
    leaf.truncate(usize::try_from(size).unwrap_or(0));
    Ok(Some((number, leaf)))
}
