//! All volumes of a bundle at once, for looking anywhere in it.

mod part;
pub(super) mod shared;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use license::trust::Trust;

use super::flaw::Flaw;
use crate::error::Error;
use crate::medium::Medium;
use crate::read::Verified;
use part::{Like, Part, Prefix};

/// The volumes of one set, in one folder. Each has the head of the bundle, or a damaged copy of it.
#[derive(Debug)]
pub struct Set {
    head: Prefix,
    parts: Vec<Part>,
}

impl Set {
    /// Opens every volume of the bundle with this path (without the number). One volume whose head
    /// holds is enough to tell what the others have to be.
    ///
    /// # Errors
    /// [`Error`] that names the volume which is missing or does not belong.
    pub fn open(bundle: &Path, trust: &Trust) -> Result<Self, Error> {
        Self::of(bundle, &shared::head(bundle, trust)?, false)
    }

    /// The same, for healing.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_for_repair(bundle: &Path, trust: &Trust) -> Result<Self, Error> {
        Self::of(bundle, &shared::head(bundle, trust)?, true)
    }

    /// The volumes of a bundle whose head was verified. Labels are read only now.
    pub(crate) fn of<R: Read>(
        bundle: &Path,
        like: &Verified<R>,
        writable: bool,
    ) -> Result<Self, Error> {
        let cut = shared::cut(bundle, like)?;
        let head = Prefix::new(like.head()).map_err(Error::of_read)?;
        let like = Like::new(like, &head, cut);
        let mut options = File::options();
        options.read(true).write(writable);
        let open = |number| {
            Part::open(&super::path(bundle, number), number, &like, &options)
                .map_err(|error| error.in_volume(number))
        };
        let parts = (1..=cut.count).map(open).collect::<Result<_, _>>()?;
        Ok(Self { head, parts })
    }

    fn part(&self, offset: u64) -> Option<(usize, &Part)> {
        self.parts
            .iter()
            .enumerate()
            .find(|(_, part)| (part.offset..part.offset + part.length).contains(&offset))
    }

    /// The bytes of the head from a place on, where that is in it.
    fn in_head(&self, offset: u64) -> Option<&[u8]> {
        let rest = self.head.bytes.get(usize::try_from(offset).ok()?..)?;
        (!rest.is_empty()).then_some(rest)
    }
}

impl Medium for Set {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if let Some(rest) = self.in_head(offset) {
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
            let now = if let Some(head) = self.in_head(offset) {
                let (now, _) = rest.split_at(rest.len().min(head.len()));
                // Every volume has the head.
                for part in &self.parts {
                    part.file.write_all_at(now, offset)?;
                }
                now
            } else {
                let (_, part) = self.part(offset).ok_or(io::ErrorKind::InvalidInput)?;
                let inside = offset - part.offset;
                let most = usize::try_from(part.length - inside).unwrap_or(usize::MAX);
                let (now, _) = rest.split_at(rest.len().min(most));
                part.file.write_all_at(now, part.at + inside)?;
                now
            };
            offset += now.len() as u64;
            rest = rest.get(now.len()..).unwrap_or_default();
        }
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        let body: u64 = self.parts.iter().map(|part| part.length).sum();
        Ok(self.head.bytes.len() as u64 + body)
    }

    fn resize(&self, _: u64) -> io::Result<()> {
        // Each volume has the size that its label gives it.
        self.parts
            .iter()
            .try_for_each(|part| part.restore(&self.head))
    }

    fn sync(&self) -> io::Result<()> {
        self.parts.iter().try_for_each(|part| part.file.sync_all())
    }

    fn volume_of(&self, offset: u64) -> Option<u32> {
        let (index, _) = self.part(offset)?;
        u32::try_from(index + 1).ok()
    }

    fn flaws(&self) -> Vec<Flaw> {
        let parts = self.parts.iter();
        parts.flat_map(|part| part.flaws(&self.head)).collect()
    }
}
