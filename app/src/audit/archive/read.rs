//! Verifying an archive, as a stream and in flat memory.
//!
//! | who reads | what is proved |
//! |---|---|
//! | with the master key | every entry and its place, by codes that only servers with that key can make; every checkpoint |
//! | without it | that the entries fit one another by the chain of hashes, and that this is the chain that the installation signed, up to its last checkpoint |
//! | with the public key | besides, that it was this installation that signed; otherwise the file alone says who did |
//! | with a checkpoint that was kept | besides, that this is the history which it states, that its end is there, and that whoever signed it signed the rest |
//!
//! Without a checkpoint that was kept nobody can tell a whole file from one of an earlier state.

use std::io::{BufRead, Read as _};

use license::ed25519::PublicKey;
use serde::Serialize;
use serde_json::Value;

use super::line::{self, Codes};
use super::{Head, KIND, VERSION};
use crate::audit::chain::{self, Hash};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::verify::{Broken, Judge};
use crate::kernel::OrgId;
use crate::keys::{KeyId, Keyring};

/// The longest line: no entry is near it.
const LONGEST: u64 = 1 << 20;

/// What a file was found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whose trail it is.
    pub organization: OrgId,
    /// The first entry that is in it.
    pub first: i64,
    /// The last one.
    pub last: i64,
    /// The last entry that a checkpoint covers; what follows is signed by nobody.
    pub signed: i64,
    /// How many checkpoints are in it.
    pub checkpoints: usize,
    /// The key that signed them, in hexadecimal.
    pub public_key: Option<String>,
    /// Whether that key is the one that was named, or that of the checkpoints that were kept.
    pub trusted: bool,
    /// How many checkpoints that were kept were held against it.
    pub kept: usize,
    /// Whether codes were checked, with the master key.
    pub with_keys: bool,
}

/// Why a file is not a trail as it was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It could not be read.
    #[error("the file could not be read")]
    Io(#[from] std::io::Error),
    /// It does not begin as an archive.
    #[error("this is no archive of an audit trail")]
    NoArchive,
    /// A later release wrote it.
    #[error("the archive was written by a later release")]
    Later,
    /// A line is not laid out as archives are.
    #[error("line {0} is not one of an archive")]
    Line(u64),
    /// It ends before it says that it does.
    #[error("the file ends in the middle, behind entry {0}")]
    Middle(i64),
    /// There is more behind its end.
    #[error("there is something behind the end of the archive, in line {0}")]
    Trailing(u64),
    /// The trail in it is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A checkpoint in the file is not signed by the key that was named, or else by that of the
    /// checkpoints that were kept.
    #[error("checkpoint {0} in the file is not signed by the key that you trust")]
    OtherSigner(i64),
    /// A checkpoint that was kept is not signed by the key that was named, or not by that of the others.
    #[error("checkpoint {0} that you kept is not signed by the key that you trust")]
    KeptOtherSigner(i64),
    /// A checkpoint that was kept says nothing about this trail.
    #[error("checkpoint {0} that you kept is of organisation {1}, and the file of {2}")]
    KeptOtherTrail(i64, OrgId, OrgId),
}

/// With what a file is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct With<'a> {
    /// The master key, as a ring; without it no codes are checked.
    pub keys: Option<&'a Keyring>,
    /// The installation's public key, if it is known.
    pub key: Option<&'a PublicKey>,
    /// Checkpoints that somebody kept.
    pub kept: &'a [Checkpoint],
}

impl<'a> With<'a> {
    /// The key that everything has to be signed with: the one that was named, or else that of what was
    /// kept. Without either the file alone says who signed it, which proves little.
    fn trusted(&self) -> Option<&'a PublicKey> {
        self.key.or_else(|| self.kept.first().map(Checkpoint::key))
    }

    /// Whether what was kept is about this trail, and all of it signed by the key that is trusted.
    fn fits(&self, org: OrgId) -> Result<(), ReadError> {
        for kept in self.kept {
            let (number, of) = (kept.number(), kept.organization());
            if of != org {
                return Err(ReadError::KeptOtherTrail(number, of, org));
            }
            if self.trusted() != Some(kept.key()) {
                return Err(ReadError::KeptOtherSigner(number));
            }
        }
        Ok(())
    }
}

/// Reads a file to its end.
///
/// # Errors
/// [`ReadError`]: the first thing that is wrong.
pub fn verify(mut file: impl BufRead, with: With<'_>) -> Result<Verdict, ReadError> {
    let mut buffer = Vec::with_capacity(4096);
    let mut number = 1;
    if !next(&mut file, &mut buffer)? {
        return Err(ReadError::NoArchive);
    }
    let head = head(&buffer)?;
    let mut reading = Reading::begin(&head, with)?;
    loop {
        number += 1;
        if !next(&mut file, &mut buffer)? {
            return Err(ReadError::Middle(reading.judge.at().0));
        }
        if reading.line(&buffer, number)? {
            break;
        }
    }
    if next(&mut file, &mut buffer)? {
        return Err(ReadError::Trailing(number + 1));
    }
    reading.end(&head)
}

/// Reads a line without its break; false at the end.
fn next(file: &mut impl BufRead, buffer: &mut Vec<u8>) -> Result<bool, ReadError> {
    buffer.clear();
    file.take(LONGEST).read_until(b'\n', buffer)?;
    match buffer.pop() {
        None => Ok(false),
        Some(b'\n') => Ok(true),
        // A line without an end, or one that is longer than any: its last byte counts, too.
        Some(byte) => {
            buffer.push(byte);
            Ok(true)
        }
    }
}

fn head(line: &[u8]) -> Result<Head, ReadError> {
    let read: Value = serde_json::from_slice(line).map_err(|_| ReadError::NoArchive)?;
    if read.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Err(ReadError::NoArchive);
    }
    if read.get("version").and_then(Value::as_u64) != Some(VERSION) {
        return Err(ReadError::Later);
    }
    serde_json::from_value(read).map_err(|_| ReadError::NoArchive)
}

struct Reading<'a> {
    org: OrgId,
    through: i64,
    judge: Judge<'a>,
    with: With<'a>,
    before: Option<Checkpoint>,
    checkpoints: usize,
    end: Option<i64>,
}

impl<'a> Reading<'a> {
    fn begin(head: &Head, with: With<'a>) -> Result<Self, ReadError> {
        let org = head.organization;
        with.fits(org)?;
        let hash: Hash = hex::decode(&head.hash)
            .ok()
            .and_then(|hash| hash.try_into().ok())
            .ok_or(ReadError::NoArchive)?;
        let begins = head.through == 0;
        if head.through < 0 || (begins && hash != chain::start(org)) {
            return Err(Broken::Unlike(1).into());
        }
        let mut judge = Judge::behind(org, with.keys, (head.through, hash));
        if let Some(keys) = with.keys {
            for kept in &head.keys {
                let (id, sealed) = (hex::decode(&kept.id), hex::decode(&kept.sealed));
                let (Ok(id), Ok(sealed)) = (id, sealed) else {
                    return Err(ReadError::NoArchive);
                };
                // One that does not open is not needed, or its entries say so.
                let id = KeyId::from_stored(&id).ok_or(ReadError::NoArchive)?;
                judge.trust(keys.open_audit_key(id, &sealed));
            }
        }
        Ok(Self {
            org,
            through: head.through,
            judge,
            with,
            before: None,
            checkpoints: 0,
            end: None,
        })
    }

    /// Takes a line; true when it is the last.
    fn line(&mut self, text: &[u8], number: u64) -> Result<bool, ReadError> {
        let mut codes = Codes::default();
        if let Some(line) = line::read(text, &mut codes) {
            self.judge.judge(&line)?;
            let (seq, hash) = self.judge.at();
            let kept = self.with.kept.iter();
            let mut kept = kept.filter(|kept| kept.last() == seq && kept.hash() != Some(hash));
            return match kept.next() {
                None => Ok(false),
                Some(kept) => Err(Broken::Contradicted(kept.number(), seq).into()),
            };
        }
        let read: Value = serde_json::from_slice(text).map_err(|_| ReadError::Line(number))?;
        if let Some(file) = read.get("checkpoint") {
            self.checkpoint(file)?;
            return Ok(false);
        }
        self.end = read.get("end").and_then(Value::as_i64);
        self.end.map(|_| true).ok_or(ReadError::Line(number))
    }

    fn checkpoint(&mut self, file: &Value) -> Result<(), ReadError> {
        let read = Checkpoint::from_file(file.to_string().as_bytes());
        let stated = file
            .pointer("/body/number")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let read = read.map_err(|_| Broken::Checkpoint(stated))?;
        let (statement, at) = (read.statement(), self.judge.at());
        let before = self.before.as_ref().map(Checkpoint::key);
        let trusted = self.with.trusted().or(before);
        if trusted.is_some_and(|key| key != read.key()) {
            return Err(ReadError::OtherSigner(read.number()));
        }
        let covers = if read.last() < self.through {
            read.last()
        } else {
            at.0
        };
        let follows = match &self.before {
            None => statement.number == 1 && statement.previous.is_none(),
            Some(before) => {
                if statement.number != before.number().saturating_add(1) {
                    return Err(Broken::CheckpointMissing(before.number().saturating_add(1)).into());
                }
                statement.previous == Some(before.digest())
                    && statement.first == before.last().saturating_add(1)
            }
        };
        if self.before.is_none() && statement.number != 1 {
            return Err(Broken::CheckpointMissing(1).into());
        }
        let holds = read.last() < self.through || read.hash() == Some(at.1);
        if statement.organization != self.org || read.last() != covers || !follows || !holds {
            return Err(Broken::Checkpoint(read.number()).into());
        }
        let mut same = self
            .with
            .kept
            .iter()
            .filter(|kept| kept.number() == read.number());
        if same.any(|kept| kept.body() != read.body()) {
            return Err(Broken::Contradicted(read.number(), read.last()).into());
        }
        self.checkpoints += 1;
        self.before = Some(read);
        Ok(())
    }

    fn end(self, head: &Head) -> Result<Verdict, ReadError> {
        let last = self.judge.at().0;
        if last == 0 {
            // Every trail has an entry: one without any was emptied.
            return Err(Broken::Missing(1).into());
        }
        if self.end != Some(last) || head.last != last {
            return Err(ReadError::Middle(last));
        }
        let signed = self.before.as_ref().map_or(0, Checkpoint::last);
        let mut kept = self.with.kept.iter();
        if let Some(beyond) = kept.find(|kept| kept.last() > last) {
            let (number, ends) = (beyond.number(), beyond.last());
            return Err(Broken::CutBelow(number, ends, last).into());
        }
        // What states an entry before the first that is here is known by the checkpoints alone.
        let known = self.before.as_ref().map_or(0, Checkpoint::number);
        let mut kept = self.with.kept.iter();
        if let Some(gone) = kept.find(|kept| kept.number() > known && kept.last() <= self.through) {
            return Err(Broken::CheckpointMissing(gone.number()).into());
        }
        Ok(Verdict {
            organization: self.org,
            first: self.through.saturating_add(1),
            last,
            signed,
            checkpoints: self.checkpoints,
            public_key: self
                .before
                .map(|before| hex::encode(before.key().as_bytes())),
            trusted: self.with.trusted().is_some(),
            kept: self.with.kept.len(),
            with_keys: self.with.keys.is_some(),
        })
    }
}
