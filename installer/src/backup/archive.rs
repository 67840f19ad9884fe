//! Writing a backup: members one after the other, the dump in pieces.

use std::collections::BTreeMap;
use std::io::{self, Write};

use offline::Digest;
use offline::digest::Hasher;

use super::{CONTENTS, Contents, DUMP, FILES, HEADER, Header};
use crate::postgres::Table;

/// How large a piece of the dump is: as much memory as writing takes, and as reading does.
const PIECE: usize = 1 << 20;
const BLOCK: usize = 512;

/// A backup that is being written.
pub(super) struct Archive<W> {
    out: W,
    files: BTreeMap<String, Digest>,
    piece: Vec<u8>,
    pieces: u32,
    dump: Hasher,
    dump_size: u64,
}

impl<W: Write> Archive<W> {
    pub(super) fn begin(out: W, header: &Header) -> io::Result<Self> {
        let mut archive = Self {
            out,
            files: BTreeMap::new(),
            piece: Vec::with_capacity(PIECE),
            pieces: 0,
            dump: Hasher::default(),
            dump_size: 0,
        };
        archive.member(HEADER, &serde_json::to_vec(header)?)?;
        Ok(archive)
    }

    /// Adds a file of the installation, named as in its folder.
    pub(super) fn file(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.member(&format!("{FILES}{name}"), bytes)
    }

    /// Adds to the dump.
    pub(super) fn dump(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.dump.update(bytes);
        self.dump_size += bytes.len() as u64;
        while !bytes.is_empty() {
            let room = PIECE - self.piece.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.flush_piece()?;
            }
        }
        Ok(())
    }

    /// Writes what all of it must be, and gives the output back.
    pub(super) fn finish(mut self, tables: Vec<Table>) -> io::Result<(W, Contents)> {
        if !self.piece.is_empty() {
            self.flush_piece()?;
        }
        let contents = Contents {
            files: std::mem::take(&mut self.files),
            dump: Some(std::mem::take(&mut self.dump).finish()),
            dump_size: self.dump_size,
            tables,
        };
        let text = serde_json::to_vec(&contents)?;
        self.write(CONTENTS, &text)?;
        self.out.write_all(&[0; 2 * BLOCK])?;
        Ok((self.out, contents))
    }

    fn flush_piece(&mut self) -> io::Result<()> {
        self.pieces += 1;
        let piece = std::mem::take(&mut self.piece);
        self.write(&format!("{DUMP}{:06}", self.pieces), &piece)?;
        self.piece = piece;
        self.piece.clear();
        Ok(())
    }

    fn member(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.insert(name.to_owned(), Digest::of(bytes));
        self.write(name, bytes)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(bytes.len() as u64);
        // They are secrets once they are unpacked.
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_cksum();
        self.out.write_all(header.as_bytes())?;
        self.out.write_all(bytes)?;
        let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
        self.out
            .write_all([0; BLOCK].get(..padding).unwrap_or_default())
    }
}
