//! Healing a damaged bundle with a few kilobytes instead of carrying all of it again.
//!
//! The server writes a request: the ranges that are not as promised, with the digests of their
//! leaves as found. The build host compares them with its copy and answers with the leaves that
//! differ. The answer begins with the bundle's signed head, so it is verified as the bundle is; and
//! a leaf is written only when the range that it belongs to becomes what the manifest promises.

use std::io::{self, Read, Write};

use license::trust::Trust;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::{Error, Kind};
use crate::header::{self, BLOCK, END};
use crate::medium::{Medium, fill};
use crate::ranges::{self, LEAF, RANGE};
use crate::survey::{BadRange, Survey};
use crate::{EntryName, Manifest, limits, read};

const MEDIA_TYPE: &str = "application/vnd.vaultterm.repair-request+json";
const LEAVES: u64 = RANGE / LEAF as u64;

/// What a server asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    media_type: String,
    /// The digest of the bundle's manifest; null when the head itself is damaged, and asked for.
    pub bundle: Option<Digest>,
    /// The release, for people.
    pub version: String,
    /// Ranges that are not as promised.
    pub ranges: Vec<Asked>,
}

/// One range of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Its number, from 0.
    pub number: u64,
    /// The digests of its leaves as found; null where nothing could be read.
    pub leaves: Vec<Option<Digest>>,
}

impl Request {
    /// A request for what a survey found.
    ///
    /// # Errors
    /// Never for a manifest that was read.
    pub fn new(manifest: &Manifest, survey: &Survey) -> Result<Self, serde_json::Error> {
        let asked = |bad: &BadRange| Asked {
            number: bad.number,
            leaves: bad.leaves.clone(),
        };
        Ok(Self {
            media_type: MEDIA_TYPE.to_owned(),
            bundle: Some(Digest::of(&manifest.to_bytes()?)),
            version: manifest.version.clone(),
            ranges: survey.bad.iter().map(asked).collect(),
        })
    }

    /// A request for the head alone: when that is damaged, nothing else can be told.
    #[must_use]
    pub fn for_head() -> Self {
        Self {
            media_type: MEDIA_TYPE.to_owned(),
            bundle: None,
            version: String::new(),
            ranges: Vec::new(),
        }
    }

    /// The request as a file.
    ///
    /// # Errors
    /// Never for a request that can be built.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads a request. It is not signed: all it can do is to choose leaves of a bundle.
    ///
    /// # Errors
    /// [`Error`] when it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let refuse = |kind| Error::new(kind, None, 0);
        if bytes.len() as u64 > limits::REQUEST {
            return Err(refuse(Kind::TooLarge {
                what: "the request",
                limit: limits::REQUEST,
            }));
        }
        let request: Self = serde_json::from_slice(bytes)
            .map_err(|_| refuse(Kind::Repair("it is no repair request".to_owned())))?;
        if request.media_type != MEDIA_TYPE {
            return Err(refuse(Kind::Repair("it is no repair request".to_owned())));
        }
        Ok(request)
    }
}

/// What an answer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// How many leaves.
    pub leaves: u64,
    /// How many bytes of them.
    pub bytes: u64,
}

/// Answers a request from a good copy.
///
/// # Errors
/// [`Error`] when the request is about another bundle, or this copy is damaged, too.
pub fn answer(
    medium: &dyn Medium,
    manifest: &Manifest,
    head: u64,
    request: &Request,
    out: &mut impl Write,
) -> Result<Answered, Error> {
    let io = |error| Error::new(Kind::Io(error), None, 0);
    let refuse = |words: String| Error::new(Kind::Repair(words), None, 0);
    let own = manifest.to_bytes().map(|bytes| Digest::of(&bytes));
    if request.bundle.is_some() && own.ok() != request.bundle {
        return Err(refuse("the request is about another bundle".to_owned()));
    }
    let mut bytes = vec![0; usize::try_from(head).unwrap_or(0)];
    fill(medium, &mut bytes, 0).map_err(io)?;
    out.write_all(&bytes).map_err(io)?;
    let mut answered = Answered::default();
    let mut last = None;
    for asked in &request.ranges {
        if last.is_some_and(|last| last >= asked.number) {
            return Err(refuse("the request's ranges are in disorder".to_owned()));
        }
        last = Some(asked.number);
        let range = read_range(medium, manifest, head, asked.number)?;
        if range.promised != ranges::range(&range.bytes) {
            return Err(refuse(
                "the copy that should help is damaged, too".to_owned(),
            ));
        }
        for (number, leaf) in (0_u64..).zip(range.bytes.chunks(LEAF)) {
            let found = asked.leaves.get(usize::try_from(number).unwrap_or(0));
            if found.copied().flatten() != Some(ranges::leaf(leaf)) {
                write_leaf(out, asked.number * LEAVES + number, leaf).map_err(io)?;
                answered.leaves += 1;
                answered.bytes += leaf.len() as u64;
            }
        }
    }
    out.write_all(&END).and_then(|()| out.flush()).map_err(io)?;
    Ok(answered)
}

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

fn refuse(words: &str) -> Error {
    Error::new(Kind::Repair(words.to_owned()), None, 0)
}

/// A range as a medium has it; what cannot be read is zeros.
struct RangeBytes {
    bytes: Vec<u8>,
    promised: Digest,
}

fn read_range(
    medium: &dyn Medium,
    manifest: &Manifest,
    head: u64,
    number: u64,
) -> Result<RangeBytes, Error> {
    let promised = usize::try_from(number)
        .ok()
        .and_then(|index| manifest.ranges.get(index))
        .ok_or_else(|| refuse("it names a range that the bundle does not have"))?;
    let length = RANGE.min(manifest.body_size() - number * RANGE);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let offset = head + number * RANGE;
    for (index, piece) in (0_u64..).zip(bytes.chunks_mut(LEAF)) {
        if fill(medium, piece, offset + index * LEAF as u64).is_err() {
            piece.fill(0);
        }
    }
    Ok(RangeBytes {
        bytes,
        promised: *promised,
    })
}

fn leaf_name(number: u64) -> Result<EntryName, Error> {
    EntryName::new(format!("leaves/{number}")).map_err(|_| refuse("a leaf has no name"))
}

fn write_leaf(out: &mut impl Write, number: u64, bytes: &[u8]) -> io::Result<()> {
    let name = leaf_name(number).map_err(io::Error::other)?;
    let size = bytes.len() as u64;
    out.write_all(&header::header(&name, size, header::PLAIN_MODE))?;
    out.write_all(bytes)?;
    let padding = usize::try_from(header::padding(size)).unwrap_or(0);
    out.write_all(&vec![0; padding])
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
