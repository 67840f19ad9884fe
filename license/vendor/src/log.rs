//! The issuance log: every licence that a key ever signed, in order, each line bound to the one
//! before it.
//!
//! A line is one JSON object: a number that rises by one from 1, the SHA-256 of the line before it
//! (zeros in the first), when, what kind of document, the SHA-256 of the whole file that was written,
//! and what it says. The line is on the disk before the file is: a crash between the two leaves a line
//! without a licence, never a licence without a line.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use console::FileError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Digest as _;
use time::OffsetDateTime;

use crate::error::Error;

/// No line is longer.
const MAX_LINE: usize = 256 * 1024;

/// What was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A licence.
    Licence,
    /// A statement that another key takes over.
    Rotation,
}

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) previous: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    pub(crate) kind: Kind,
    pub(crate) sha256: String,
    pub(crate) payload: Value,
}

/// Where and why a log is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("line {0} is cut off")]
    CutOff(u64),
    #[error("line {0} is not a line of an issuance log")]
    Line(u64),
    #[error("line {0} does not carry the next number")]
    Number(u64),
    #[error("line {0} does not follow the line before it")]
    Link(u64),
}

/// A log that holds together.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) entries: Vec<Entry>,
    /// The digest of each line.
    pub(crate) digests: Vec<String>,
    /// Where the last whole line ends.
    end: u64,
    /// What speaks against the rest of the file, if anything does.
    pub(crate) broken: Option<Broken>,
}

impl Chain {
    /// The digest of the last line: whoever has written it down notices a log that was cut short.
    pub(crate) fn head(&self) -> String {
        let none = || "0".repeat(64);
        self.digests.last().cloned().unwrap_or_else(none)
    }

    fn take(&mut self, line: &[u8], number: u64) -> Result<(), Broken> {
        let entry: Entry = serde_json::from_slice(line).map_err(|_| Broken::Line(number))?;
        if entry.number != number {
            return Err(Broken::Number(number));
        }
        if entry.previous != self.head() {
            return Err(Broken::Link(number));
        }
        self.entries.push(entry);
        self.digests.push(digest(line));
        Ok(())
    }
}

/// Where the log of a key is, unless another place is named: beside it.
pub(crate) fn beside(key: &Path) -> PathBuf {
    key.with_file_name("issued.jsonl")
}

/// Reads a log up to its first broken line.
pub(crate) fn read(path: &Path) -> Result<Chain, Error> {
    let file = File::open(path).map_err(|source| failed_read(path, source))?;
    scan(&file, path)
}

/// A log that can be written to, held against everybody else until it goes.
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    chain: Chain,
}

impl Log {
    /// Opens the log, or begins one, and goes through all of it. A last line that a crash had cut off
    /// belongs to no licence; it is removed.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| failed_write(path, source);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut chain = scan(&file, path)?;
        match chain.broken.take() {
            Some(Broken::CutOff(_)) => {
                file.set_len(chain.end)
                    .and_then(|()| file.sync_all())
                    .map_err(failed)?;
            }
            Some(broken) => return Err(Error::Log(path.to_owned(), broken)),
            None => {}
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            chain,
        })
    }

    /// Writes a line for a document that is about to be written, and sees it onto the disk.
    pub(crate) fn append(
        &mut self,
        kind: Kind,
        document: &[u8],
        payload: Value,
        at: OffsetDateTime,
    ) -> Result<u64, Error> {
        let number = self.chain.entries.len() as u64 + 1;
        let entry = Entry {
            number,
            previous: self.chain.head(),
            at,
            kind,
            sha256: digest(document),
            payload,
        };
        let mut line = serde_json::to_vec(&entry).map_err(Error::Encode)?;
        self.chain.digests.push(digest(&line));
        self.chain.entries.push(entry);
        line.push(b'\n');
        let folder = self.path.parent().filter(|dir| !dir.as_os_str().is_empty());
        self.file
            .write_all(&line)
            .and_then(|()| self.file.sync_all())
            .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all())
            .map_err(|source| failed_write(&self.path, source))?;
        Ok(number)
    }
}

fn scan(mut file: &File, path: &Path) -> Result<Chain, Error> {
    file.seek(SeekFrom::Start(0))
        .map_err(|source| failed_read(path, source))?;
    let mut reader = BufReader::new(file);
    let mut chain = Chain {
        entries: Vec::new(),
        digests: Vec::new(),
        end: 0,
        broken: None,
    };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader
            .by_ref()
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut line)
            .map_err(|source| failed_read(path, source))?;
        if read == 0 {
            break;
        }
        let taken = match line.strip_suffix(b"\n") {
            Some(whole) => chain.take(whole, number),
            None if read == MAX_LINE => Err(Broken::Line(number)),
            None => Err(Broken::CutOff(number)),
        };
        if let Err(broken) = taken {
            chain.broken = Some(broken);
            break;
        }
        chain.end += read as u64;
    }
    Ok(chain)
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}

fn failed_read(path: &Path, source: std::io::Error) -> Error {
    Error::File(FileError::Read {
        path: path.to_owned(),
        source,
    })
}

fn failed_write(path: &Path, source: std::io::Error) -> Error {
    Error::File(FileError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
