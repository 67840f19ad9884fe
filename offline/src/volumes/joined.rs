//! Reading a bundle from its volumes, one after the other, as if it were one file.

use std::io::{self, Read};

use super::label::{LABEL_NAME, Label, read_label};
use super::split::LABEL_SPACE;
use crate::Digest;
use crate::error::{Error, Kind};
use crate::head::{Ahead, Head};
use crate::header::{self, BLOCK};

/// Where volumes come from: a folder, or somebody who changes sticks.
pub trait Shelf {
    /// Opens the volume of this number, from its first byte.
    ///
    /// # Errors
    /// When it is not there. An [`Error`] inside the I/O error is passed on as it is.
    fn take(&mut self, number: u32) -> io::Result<Box<dyn Read + Send>>;
}

/// The bytes of a bundle, out of its volumes.
pub struct Joined {
    shelf: Box<dyn Shelf + Send>,
    head: Vec<u8>,
    /// The bytes of the head that were handed out.
    given: usize,
    volume: Volume,
    number: u32,
    /// That of the first volume.
    label: Option<Label>,
    /// What was read of the first volume while its label may not be looked into.
    ahead: Option<Beginning>,
}

/// Where a head ends only the block behind it shows, so that whoever reads one has to be given the
/// first block of the slice before the head is verified. The label in between is kept as it is.
struct Beginning {
    label: Vec<u8>,
    block: [u8; BLOCK],
    given: usize,
}

struct Volume {
    reader: Ahead<Box<dyn Read + Send>>,
    /// The place in the volume.
    offset: u64,
    /// Bytes of the slice that are still to come; `None` until the label was read.
    left: Option<u64>,
}

impl std::fmt::Debug for Joined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joined")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Joined {
    /// Opens the first volume. Only the head of it is read, and none of it parsed: whoever reads
    /// from this verifies the head before asking for more.
    ///
    /// # Errors
    /// [`Error`] when the first volume is not there or does not begin as a volume does.
    pub fn open(mut shelf: Box<dyn Shelf + Send>) -> Result<Self, Error> {
        let (volume, head) = take(shelf.as_mut(), 1)?;
        Ok(Self {
            shelf,
            head,
            given: 0,
            volume,
            number: 1,
            label: None,
            ahead: None,
        })
    }

    /// The first block of the first slice, or what is left of it; nothing of the label is parsed.
    fn first_block(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if self.ahead.is_none() {
            let size = usize::try_from(LABEL_SPACE).unwrap_or(0) + BLOCK;
            let (mut label, mut block) = (vec![0; size], [0; BLOCK]);
            let reader = &mut self.volume.reader;
            reader
                .read_exact(&mut label)
                .and_then(|()| reader.read_exact(&mut block))
                .map_err(|error| Error::from_io(error, Some(&named(1)), self.volume.offset))?;
            self.ahead = Some(Beginning {
                label,
                block,
                given: 0,
            });
        }
        let Some(ahead) = &mut self.ahead else {
            return Ok(0);
        };
        let rest = ahead.block.get(ahead.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        ahead.given += count;
        Ok(count)
    }

    /// Reads the label of the volume that is open, and compares it with the first.
    fn begin_slice(&mut self) -> Result<u64, Error> {
        let volume = &mut self.volume;
        let (label, size) = match self.ahead.take() {
            None => read_label(&mut volume.reader, &mut volume.offset)?,
            Some(ahead) => {
                let (label, size) = read_label(&mut ahead.label.as_slice(), &mut volume.offset)?;
                let rest = size.checked_sub(BLOCK as u64).ok_or_else(|| {
                    let kind = Kind::Volume("its slice is shorter than any body");
                    Error::new(kind, Some(LABEL_NAME), volume.offset)
                })?;
                volume.offset += BLOCK as u64;
                (label, rest)
            }
        };
        let refuse = |words| Error::new(Kind::Volume(words), Some(LABEL_NAME), 0);
        if let Some(first) = &self.label {
            if (label.bundle, label.count, label.slice) != (first.bundle, first.count, first.slice)
            {
                return Err(refuse("it belongs to another set"));
            }
        } else if label.bundle != manifest_digest(&self.head) {
            return Err(refuse("its label names another bundle"));
        }
        if label.number != self.number {
            let (expected, found) = (self.number, label.number);
            let kind = Kind::WrongVolume { expected, found };
            return Err(Error::new(kind, Some(LABEL_NAME), 0));
        }
        self.label.get_or_insert(label);
        self.volume.left = Some(size);
        Ok(size)
    }

    /// The slice is over: the volume must end, and the next one comes, if there is one.
    fn next_volume(&mut self) -> Result<bool, Error> {
        end_of_volume(&mut self.volume, self.number)?;
        if self
            .label
            .as_ref()
            .is_none_or(|label| label.count == self.number)
        {
            return Ok(false);
        }
        self.number += 1;
        let (volume, head) = take(self.shelf.as_mut(), self.number)?;
        if head != self.head {
            let words =
                "its head is not that of the first volume: it is damaged, or of another bundle";
            let kind = Kind::Volume(words);
            return Err(Error::new(kind, Some(&named(self.number)), 0));
        }
        self.volume = volume;
        self.begin_slice()
            .map_err(|error| error.in_volume(self.number))?;
        Ok(true)
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut left = match self.volume.left {
            Some(left) => left,
            None => match self.first_block(buffer)? {
                0 => self.begin_slice()?,
                count => return Ok(count),
            },
        };
        while left == 0 {
            if !self.next_volume()? {
                return Ok(0);
            }
            left = self.volume.left.unwrap_or(0);
        }
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let wanted = buffer.get_mut(..most).unwrap_or_default();
        let number = self.number;
        let volume = &mut self.volume;
        let place = |error| Error::from_io(error, Some(&named(number)), volume.offset);
        let count = volume.reader.read(wanted).map_err(place)?;
        if count == 0 {
            return Err(place(io::ErrorKind::UnexpectedEof.into()));
        }
        volume.offset += count as u64;
        volume.left = Some(left - count as u64);
        Ok(count)
    }
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if let Some(rest) = self.head.get(self.given..).filter(|rest| !rest.is_empty()) {
            let count = rest.len().min(buffer.len());
            let (to, from) = (buffer.get_mut(..count), rest.get(..count));
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
            self.given += count;
            return Ok(count);
        }
        self.read_on(buffer).map_err(Error::into_io)
    }
}

fn named(number: u32) -> String {
    format!("volume {number}")
}

fn take(shelf: &mut (dyn Shelf + Send), number: u32) -> Result<(Volume, Vec<u8>), Error> {
    let place = |error| Error::from_io(error, Some(&named(number)), 0);
    let reader = shelf.take(number).map_err(place)?;
    let (head, reader) = Head::read(reader).map_err(|error| error.in_volume(number))?;
    let volume = Volume {
        reader,
        offset: head.size(),
        left: None,
    };
    Ok((volume, head.to_bytes().map_err(place)?))
}

fn end_of_volume(volume: &mut Volume, number: u32) -> Result<(), Error> {
    let place = |error| Error::from_io(error, Some(&named(number)), volume.offset);
    let mut end = header::END;
    volume.reader.read_exact(&mut end).map_err(place)?;
    let more = volume.reader.read(&mut [0]).map_err(place)?;
    if end != header::END || more != 0 {
        let offset = volume.offset;
        return Err(Error::new(Kind::Trailing, Some(&named(number)), offset));
    }
    Ok(())
}

/// The digest of the manifest in a head, which is its first member.
pub(super) fn manifest_digest(head: &[u8]) -> Digest {
    let size = head
        .first_chunk::<BLOCK>()
        .and_then(header::stated_size)
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(0);
    Digest::of(head.get(BLOCK..BLOCK + size).unwrap_or_default())
}

/// Whether a file is a volume rather than a whole bundle: behind the head comes a label.
///
/// # Errors
/// [`Error`] when it does not begin as either does.
pub fn is_volume(reader: impl Read) -> Result<bool, Error> {
    let (head, mut reader) = Head::read(reader)?;
    let mut bytes = [0; BLOCK];
    reader
        .read_exact(&mut bytes)
        .map_err(|error| Error::from_io(error, None, head.size()))?;
    // A damaged label is still a label.
    Ok(header::resembles(&bytes, LABEL_NAME))
}
