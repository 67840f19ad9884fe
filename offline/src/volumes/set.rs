//! All volumes of a bundle at once, for looking anywhere in it.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::joined::manifest_digest;
use super::label::read_label;
use crate::error::{Error, Kind};
use crate::head::Head;
use crate::header::END;
use crate::medium::Medium;

/// The volumes of one set, in one folder.
#[derive(Debug)]
pub struct Set {
    head: Vec<u8>,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    file: File,
    /// Where the slice begins in the volume.
    at: u64,
    /// Where it begins in the bundle.
    offset: u64,
    length: u64,
}

impl Set {
    /// Opens every volume of the bundle with this path (without the number).
    ///
    /// # Errors
    /// [`Error`] that names the volume which is missing or does not belong.
    pub fn open(bundle: &Path) -> Result<Self, Error> {
        Self::open_with(bundle, File::options().read(true))
    }

    /// The same, for healing.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_for_repair(bundle: &Path) -> Result<Self, Error> {
        Self::open_with(bundle, File::options().read(true).write(true))
    }

    fn open_with(bundle: &Path, options: &OpenOptions) -> Result<Self, Error> {
        let mut set = Self {
            head: Vec::new(),
            parts: Vec::new(),
        };
        let mut count = 1;
        let mut number = 1;
        while number <= count {
            count = set
                .add(&super::path(bundle, number), number, options)
                .map_err(|error| error.in_volume(number))?;
            number += 1;
        }
        Ok(set)
    }

    /// Opens one volume; how many there are.
    fn add(&mut self, path: &Path, number: u32, options: &OpenOptions) -> Result<u32, Error> {
        let refuse = |words| Error::new(Kind::Volume(words), None, 0);
        let file = options.open(path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                Error::new(Kind::NoVolume { number }, None, 0)
            } else {
                Error::from_io(error, None, 0)
            }
        })?;
        let (head, mut behind) = Head::read(&file)?;
        let mut at = head.size();
        let (label, length) = read_label(&mut behind, &mut at)?;
        let head = head.to_bytes().map_err(Error::of_read)?;
        if label.number != number {
            let (expected, found) = (number, label.number);
            return Err(Error::new(Kind::WrongVolume { expected, found }, None, 0));
        }
        if number == 1 {
            self.head = head;
        } else if self.head != head {
            return Err(refuse("it belongs to another bundle"));
        }
        if label.bundle != manifest_digest(&self.head) {
            return Err(refuse("its label names another bundle"));
        }
        self.parts.push(Part {
            file,
            at,
            offset: self.head.len() as u64 + label.start(),
            length,
        });
        Ok(label.count)
    }

    fn part(&self, offset: u64) -> Option<(usize, &Part)> {
        self.parts
            .iter()
            .enumerate()
            .find(|(_, part)| (part.offset..part.offset + part.length).contains(&offset))
    }
}

impl Medium for Set {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let in_head = usize::try_from(offset)
            .ok()
            .and_then(|at| self.head.get(at..));
        if let Some(rest) = in_head.filter(|rest| !rest.is_empty()) {
            let count = rest.len().min(buffer.len());
            for (to, from) in buffer.iter_mut().zip(rest) {
                *to = *from;
            }
            return Ok(count);
        }
        let Some((_, part)) = self.part(offset) else {
            return Ok(0);
        };
        let inside = offset - part.offset;
        let most = usize::try_from(part.length - inside)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let wanted = buffer.get_mut(..most).unwrap_or_default();
        match part.file.read_at(wanted, part.at + inside)? {
            // The volume was cut off: that is damage, not the end of the bundle.
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut rest = bytes;
        let mut offset = offset;
        while !rest.is_empty() {
            let (_, part) = self.part(offset).ok_or(io::ErrorKind::InvalidInput)?;
            let inside = offset - part.offset;
            let most = usize::try_from(part.length - inside)
                .unwrap_or(usize::MAX)
                .min(rest.len());
            let (now, later) = rest.split_at(most);
            part.file.write_all_at(now, part.at + inside)?;
            offset += now.len() as u64;
            rest = later;
        }
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        let body: u64 = self.parts.iter().map(|part| part.length).sum();
        Ok(self.head.len() as u64 + body)
    }

    fn resize(&self, _: u64) -> io::Result<()> {
        // Each volume has the size that its label gives it, and ends with zeros.
        for part in &self.parts {
            let end = part.at + part.length;
            part.file.set_len(end)?;
            part.file.set_len(end + END.len() as u64)?;
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.parts.iter().try_for_each(|part| part.file.sync_all())
    }

    fn volume_of(&self, offset: u64) -> Option<u32> {
        let (index, _) = self.part(offset)?;
        u32::try_from(index + 1).ok()
    }
}
