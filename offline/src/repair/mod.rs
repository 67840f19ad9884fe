//! Healing a damaged bundle with a few kilobytes instead of carrying all of it again.
//!
//! The server writes a request: the ranges that are not as promised, with the digests of their
//! leaves as found. The build host compares them with its copy and answers with the leaves that
//! differ. The answer begins with the bundle's signed head, so it is verified as the bundle is; and
//! a leaf is written only when the range that it belongs to becomes what the manifest promises.

mod answer;
mod heal;

pub use answer::answer;
pub use heal::{Answer, heal};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::{Error, Kind};
use crate::medium::{Medium, fill};
use crate::ranges::{LEAF, RANGE};
use crate::survey::{BadRange, Survey};
use crate::{EntryName, Held, Manifest, limits};

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
    #[must_use]
    pub fn new(held: &Held, survey: &Survey) -> Self {
        let asked = |bad: &BadRange| Asked {
            number: bad.number,
            leaves: bad.leaves.clone(),
        };
        Self {
            media_type: MEDIA_TYPE.to_owned(),
            bundle: Some(held.bundle),
            version: held.manifest.version.clone(),
            ranges: survey.bad.iter().map(asked).collect(),
        }
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
