//! One volume of a set: is it what has to be there, is it damaged, or does it belong elsewhere?

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use license::trust::Trust;

use super::super::flaw::Flaw;
use super::super::label::{LABEL_NAME, Label, SLICE_NAME, read_label};
use super::super::split::{LABEL_SPACE, between};
use super::shared::Cut;
use crate::error::{Error, Kind};
use crate::head::Head;
use crate::header::END;
use crate::medium::{Medium, Start, fill};
use crate::ranges::{self, LEAF, RANGE};
use crate::read::{self, Verified};
use crate::{Digest, Manifest};

/// So many ranges of a slice are looked at, to tell whose it is.
const SAMPLES: usize = 16;

/// An opened volume.
#[derive(Debug)]
pub(super) struct Part {
    number: u32,
    pub(super) file: File,
    /// The bytes between head and slice, as they have to be.
    label: Vec<u8>,
    /// Where the slice begins in the volume.
    pub(super) at: u64,
    /// Where it begins in the bundle.
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// The head of a bundle, as it has to stand in every volume.
#[derive(Debug)]
pub(super) struct Prefix {
    pub(super) bytes: Vec<u8>,
    /// Where each of its members ends.
    members: Vec<(&'static str, u64)>,
}

impl Prefix {
    pub(super) fn new(head: &Head) -> io::Result<Self> {
        Ok(Self {
            bytes: head.to_bytes()?,
            members: head.ends().collect(),
        })
    }

    /// The member of a volume that a byte before the slice belongs to.
    fn member_at(&self, offset: u64) -> &'static str {
        let mut members = self.members.iter();
        match members.find(|(_, end)| offset < *end) {
            Some((name, _)) => name,
            None if offset < self.bytes.len() as u64 + LABEL_SPACE => LABEL_NAME,
            None => SLICE_NAME,
        }
    }
}

/// What every volume of a set is compared with.
pub(super) struct Like<'a> {
    pub(super) head: &'a Head,
    pub(super) prefix: &'a Prefix,
    pub(super) manifest: &'a Manifest,
    pub(super) trust: &'a Trust,
    pub(super) cut: Cut,
}

impl<'a> Like<'a> {
    pub(super) fn new<R: Read>(bundle: &'a Verified<R>, prefix: &'a Prefix, cut: Cut) -> Self {
        Self {
            head: bundle.head(),
            prefix,
            manifest: bundle.manifest(),
            trust: bundle.trust(),
            cut,
        }
    }

    fn label(&self, number: u32) -> Label {
        let bundle = Digest::of(&self.head.manifest);
        Label::new(bundle, number, self.cut.count, self.cut.slice)
    }
}

impl Part {
    /// Opens a volume. One whose beginning is not as it has to be is believed when what it holds is
    /// promised at its place: then it is damaged; otherwise it is refused as what it claims to be.
    pub(super) fn open(
        path: &Path,
        number: u32,
        like: &Like<'_>,
        options: &OpenOptions,
    ) -> Result<Self, Error> {
        let file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::new(Kind::NoVolume { number }, None, 0),
            _ => Error::of_read(error),
        })?;
        let label = like.label(number);
        let length = like
            .cut
            .slice
            .min(like.manifest.body_size() - label.start());
        let label_bytes = between(&label, length).map_err(Error::of_read)?;
        let head = like.prefix.bytes.len() as u64;
        let part = Self {
            number,
            file,
            at: head + label_bytes.len() as u64,
            label: label_bytes,
            offset: head + label.start(),
            length,
        };
        let fine = part.beginning(like.prefix).is_none();
        if fine || !part.is_foreign(like) && part.holds(like.manifest, label.start()) {
            Ok(part)
        } else {
            Err(part.diagnosis(like))
        }
    }

    /// What is wrong beside the slice.
    pub(super) fn flaws(&self, prefix: &Prefix) -> impl Iterator<Item = Flaw> {
        self.beginning(prefix).into_iter().chain(self.end())
    }

    /// Compares what comes before the slice; bytes that cannot be read are damage.
    fn beginning(&self, prefix: &Prefix) -> Option<Flaw> {
        let mut found = vec![0; usize::try_from(self.at).unwrap_or(0)];
        for (index, piece) in (0_u64..).zip(found.chunks_mut(LEAF)) {
            if fill(&self.file, piece, index * LEAF as u64).is_err() {
                piece.fill(0);
            }
        }
        let expected = || prefix.bytes.iter().chain(&self.label);
        let differs = |(found, expected): (&u8, &u8)| found != expected;
        let first = found.iter().zip(expected()).position(differs)?;
        let pairs = found.iter().zip(expected()).enumerate();
        let last = pairs.filter(|(_, pair)| differs(*pair)).last()?.0;
        let offset = first as u64;
        Some(Flaw::Damaged {
            volume: self.number,
            member: prefix.member_at(offset),
            offset,
            length: (last - first + 1) as u64,
        })
    }

    /// Whether it has a head of its own that is the signer's.
    fn is_foreign(&self, like: &Like<'_>) -> bool {
        let mut own = vec![0; like.prefix.bytes.len()];
        let whole = fill(&self.file, &mut own, 0).is_ok();
        let genuine = || {
            read::open(Start::of(&self.file))?
                .verify(like.trust)
                .map(drop)
        };
        !(whole && own == like.prefix.bytes) && genuine().is_ok()
    }

    /// Whether any range of the slice is as it is promised for this place.
    fn holds(&self, manifest: &Manifest, start: u64) -> bool {
        let first = usize::try_from(start / RANGE).unwrap_or(usize::MAX);
        let count = usize::try_from(self.length.div_ceil(RANGE)).unwrap_or(0);
        let step = count.div_ceil(SAMPLES).max(1);
        let mut buffer = vec![0; usize::try_from(RANGE).unwrap_or(0)];
        (0..count).step_by(step).any(|number| {
            let offset = number as u64 * RANGE;
            let size = usize::try_from(RANGE.min(self.length - offset)).unwrap_or(0);
            let bytes = buffer.get_mut(..size).unwrap_or_default();
            fill(&self.file, bytes, self.at + offset).is_ok_and(|count| count == size)
                && manifest.ranges.get(first + number) == Some(&ranges::range(bytes))
        })
    }

    /// Why it is not taken: it says itself what it is.
    fn diagnosis(&self, like: &Like<'_>) -> Error {
        let claim = || {
            let refuse = |words| Error::new(Kind::Volume(words), None, 0);
            let (head, mut behind) = Head::read(Start::of(&self.file))?;
            if head != *like.head {
                return Err(refuse(
                    "it belongs to another bundle, or none of it is whole",
                ));
            }
            let (label, _) = read_label(&mut behind, &mut head.size())?;
            let expected = like.label(self.number);
            if label.bundle != expected.bundle {
                return Err(refuse("its label names another bundle"));
            }
            if (label.count, label.slice) != (expected.count, expected.slice) {
                return Err(refuse("it belongs to another set"));
            }
            Ok(label.number)
        };
        match claim() {
            Ok(found) => {
                let expected = self.number;
                Error::new(Kind::WrongVolume { expected, found }, None, 0)
            }
            Err(error) => error,
        }
    }

    /// Looks at the two empty blocks, and at what follows.
    fn end(&self) -> Option<Flaw> {
        let (volume, offset) = (self.number, self.at + self.length);
        let expected = offset + END.len() as u64;
        let size = self.file.size().unwrap_or(0);
        if size < expected {
            return Some(Flaw::Missing {
                volume,
                bytes: expected - size,
                expected,
            });
        }
        let mut end = [1; END.len()];
        let empty = fill(&self.file, &mut end, offset).is_ok() && end == END;
        (!empty || size > expected).then_some(Flaw::End { volume, offset })
    }

    /// Puts everything but the slice in its place.
    pub(super) fn restore(&self, prefix: &Prefix) -> io::Result<()> {
        if self.beginning(prefix).is_some() {
            self.file.write_all_at(&prefix.bytes, 0)?;
            self.file
                .write_all_at(&self.label, prefix.bytes.len() as u64)?;
        }
        // What is behind the slice comes back as zeros.
        let end = self.at + self.length;
        self.file.set_len(end)?;
        self.file.set_len(end + END.len() as u64)
    }
}
