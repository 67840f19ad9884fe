//! Bytes of a bundle at any place: a file on a disk, or several volumes.

use std::fs::File;
use std::io::{self, Read};

use crate::volumes::Flaw;

/// Random access to the bytes of one bundle.
pub trait Medium {
    /// Reads up to `buffer.len()` bytes at `offset`; 0 at the end.
    ///
    /// # Errors
    /// What the device says; a bad sector is an error and not an end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// What the device says.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// How many bytes there are.
    ///
    /// # Errors
    /// What the device says.
    fn size(&self) -> io::Result<u64>;

    /// Cuts it off, or lengthens it with zeros.
    ///
    /// # Errors
    /// What the device says.
    fn resize(&self, size: u64) -> io::Result<()>;

    /// Makes lasting what was written.
    ///
    /// # Errors
    /// What the device says.
    fn sync(&self) -> io::Result<()>;

    /// Where a byte is, for people: the volume it is in, where there are several.
    fn volume_of(&self, offset: u64) -> Option<u32>;

    /// What is wrong beside the bytes of the bundle: with copies of its head and with labels, where
    /// there are volumes.
    fn flaws(&self) -> Vec<Flaw> {
        Vec::new()
    }
}

impl Medium for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }

    fn volume_of(&self, _: u64) -> Option<u32> {
        None
    }
}

/// Reads until the buffer is full or the medium ends; how much was read.
pub(crate) fn fill(medium: &dyn Medium, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match medium.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A medium, read from its beginning.
pub(crate) struct Start<'a> {
    medium: &'a dyn Medium,
    at: u64,
}

impl<'a> Start<'a> {
    pub(crate) fn of(medium: &'a dyn Medium) -> Self {
        Self { medium, at: 0 }
    }
}

impl Read for Start<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.medium.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
