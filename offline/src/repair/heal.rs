//! Healing a copy with an answer.

use std::io::{self, Read};

use license::trust::Trust;

use super::{Answered, LEAVES, leaf_name, read_range, refuse};
use crate::error::{Error, Kind};
use crate::header::{self, BLOCK};
use crate::medium::{Medium, fill};
use crate::ranges::{self, LEAF, RANGE};
use crate::{Manifest, read};

/// Heals a bundle with an answer. A range is written only when it becomes what was promised, and a
/// head only over a damaged one of the same bundle.
///
/// # Errors
/// [`Error`] when the answer is not signed by a trusted key, belongs to another bundle, or does not
/// heal.
pub fn heal(medium: &dyn Medium, answer: impl Read, trust: &Trust) -> Result<Answered, Error> {
    let io = |error| Error::new(Kind::Io(error), None, 0);
    let verified = read::open(answer)?.verify(trust)?;
    let head = verified.head().to_bytes().map_err(io)?;
    let manifest = verified.manifest().clone();
    let mut answer = verified.into_reader();
    let head_size = head.len() as u64;

    let same_head = has_head(medium, &manifest, &head, trust)?;
    let mut healed = Answered::default();
    let mut next = read_leaf(&mut answer)?;
    while let Some((number, _)) = next {
        let number = number / LEAVES;
        let mut range = read_range(medium, &manifest, head_size, number)?;
        let mut written = Vec::new();
        while let Some((leaf, bytes)) = next.take_if(|(leaf, _)| *leaf / LEAVES == number) {
            let at = usize::try_from(leaf % LEAVES).unwrap_or(0) * LEAF;
            let place = range.bytes.get_mut(at..at + bytes.len());
            place
                .ok_or_else(|| refuse("a leaf is longer than its range"))?
                .copy_from_slice(&bytes);
            written.push((head_size + number * RANGE + at as u64, bytes));
            next = read_leaf(&mut answer)?;
        }
        if ranges::range(&range.bytes) != range.promised {
            return Err(refuse(
                "the answer does not heal this copy: it answers another request",
            ));
        }
        for (offset, bytes) in written {
            medium.write_all_at(&bytes, offset).map_err(io)?;
            healed.leaves += 1;
            healed.bytes += bytes.len() as u64;
        }
    }
    if !same_head {
        medium.write_all_at(&head, 0).map_err(io)?;
        healed.bytes += head_size;
    }
    medium
        .resize(head_size + manifest.body_size())
        .and_then(|()| medium.sync())
        .map_err(io)?;
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
    fill(medium, &mut own, 0).map_err(|error| Error::new(Kind::Io(error), None, 0))?;
    if own == head {
        return Ok(true);
    }
    let start = Start { medium, at: 0 };
    let genuine = read::open(start).and_then(|bundle| bundle.verify(trust));
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

/// A medium, read from its beginning.
struct Start<'a> {
    medium: &'a dyn Medium,
    at: u64,
}

impl Read for Start<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.medium.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
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
