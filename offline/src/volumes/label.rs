//! What a volume says of itself.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::head::first_member;
use crate::header::{self, BLOCK};
use crate::ranges::RANGE;
use crate::{Digest, EntryName, limits};

pub(crate) const LABEL_NAME: &str = "volume.json";
pub(super) const SLICE_NAME: &str = "slice";
const MEDIA_TYPE: &str = "application/vnd.vaultterm.volume+json";

/// Which slice of which bundle a volume holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Label {
    media_type: String,
    /// The digest of the bundle's manifest: the identity of the set.
    pub(super) bundle: Digest,
    /// From 1.
    pub(super) number: u32,
    /// How many there are.
    pub(super) count: u32,
    /// Bytes of every slice but the last.
    pub(super) slice: u64,
}

impl Label {
    pub(super) fn new(bundle: Digest, number: u32, count: u32, slice: u64) -> Self {
        Self {
            media_type: MEDIA_TYPE.to_owned(),
            bundle,
            number,
            count,
            slice,
        }
    }

    /// Canonical JSON.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&serde_json::to_value(self)?)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let label: Self = serde_json::from_slice(bytes).ok()?;
        let fine = label.media_type == MEDIA_TYPE
            && (1..=super::MOST).contains(&label.count)
            && (1..=label.count).contains(&label.number)
            && label.slice > 0
            && label.slice.is_multiple_of(RANGE)
            && label.slice <= limits::MEMBER_SIZE;
        (fine && label.to_bytes().ok()? == bytes).then_some(label)
    }

    /// Where the slice begins in the body.
    pub(super) fn start(&self) -> u64 {
        u64::from(self.number - 1) * self.slice
    }
}

/// Reads what follows the head: the label, and the size of the slice, whose first byte comes next.
/// `offset` is the place in the volume.
pub(super) fn read_label(reader: &mut impl Read, offset: &mut u64) -> Result<(Label, u64), Error> {
    let refuse = |words, at| Error::new(Kind::Volume(words), Some(LABEL_NAME), at);
    let at = *offset;
    let bytes = first_member(reader, offset, LABEL_NAME, limits::LABEL)?;
    let label = Label::parse(&bytes).ok_or_else(|| refuse("its label cannot be read", at))?;
    let mut bytes = [0; BLOCK];
    reader
        .read_exact(&mut bytes)
        .map_err(|error| Error::from_io(error, Some(SLICE_NAME), *offset))?;
    let size = header::stated_size(&bytes).unwrap_or(0);
    let name = EntryName::new(SLICE_NAME).map_err(|_| refuse("its slice has no name", at))?;
    let last = label.number == label.count;
    let fits = size == label.slice || last && size < label.slice;
    if !fits || bytes != header::header(&name, size, header::PLAIN_MODE) {
        return Err(refuse("its slice is not what the label says", *offset));
    }
    *offset += BLOCK as u64;
    Ok((label, size))
}
