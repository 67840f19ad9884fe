//! The drill: a backup is opened, restored into a scratch database, and the tables there are
//! compared with what they held when it was made.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::{Content, Contents, Files, Header, Place, Sealing, read};
use crate::engine::{Scratch, pipe};
use crate::error::Error;
use crate::postgres::{DATABASE, Postgres, differences};
use crate::state::State;

/// How much of a dump is handed on at once, in bytes: so many wait in a pipe that the pieces they are
/// cut from would be memory.
const SLICE: usize = 64 << 10;

/// A backup that came out as it went in.
pub(crate) struct Proved {
    pub(crate) header: Header,
    pub(crate) contents: Contents,
    /// How long opening and restoring took.
    pub(crate) milliseconds: u64,
    /// The scratch database that holds it, until [`Scratch`] is removed.
    pub(crate) scratch: Scratch,
}

/// Proves a backup with the PostgreSQL image of the installation. The scratch database is removed.
///
/// # Errors
/// [`Error::BackupRefused`] when it cannot be opened or is damaged, [`Error::BackupDiffers`] when
/// what comes out is not what went in.
pub(crate) async fn drill(
    place: Place<'_>,
    state: &State,
    path: &Path,
    sealing: Arc<Sealing>,
) -> Result<Proved, Error> {
    let proved = restore_into_scratch(place, state, path, &sealing).await;
    let removed = place.engine.remove_scratches(&state.project).await;
    let proved = proved?;
    removed?;
    Ok(proved)
}

/// The same, and the scratch database stays for whoever wants to go on with it.
pub(crate) async fn restore_into_scratch(
    place: Place<'_>,
    state: &State,
    path: &Path,
    sealing: &Arc<Sealing>,
) -> Result<Proved, Error> {
    let image = state.images.get("db").ok_or_else(|| Error::Database {
        what: "making a scratch database".to_owned(),
        said: "state.json names no image for it".to_owned(),
    })?;
    let bar = place
        .console
        .progress("Restoring into a scratch database", None);
    let scratch = place.engine.scratch(image, &state.project).await?;
    let started = Instant::now();
    let postgres = scratch.postgres();
    let (header, contents) = pour(path, sealing, &postgres).await?;
    let found = postgres.fingerprints(DATABASE).await?;
    let differing = differences(&contents.tables, &found);
    if !differing.is_empty() {
        let lines = differing.iter().map(ToString::to_string);
        return Err(Error::BackupDiffers(lines.collect()));
    }
    bar.done("The backup restores to what was backed up");
    Ok(Proved {
        header,
        contents,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        scratch,
    })
}

/// Pours the dump of a backup into our database, which has to be empty.
pub(crate) async fn pour(
    path: &Path,
    sealing: &Arc<Sealing>,
    postgres: &Postgres,
) -> Result<(Header, Contents), Error> {
    let (put, dump) = pipe();
    let (from, sealing) = (path.to_owned(), Arc::clone(sealing));
    let opening = tokio::task::spawn_blocking(move || open(&from, &sealing, &put));
    let restored = postgres.restore(DATABASE, dump).await;
    let opened = opening.await.map_err(|error| Error::Database {
        what: "opening the backup".to_owned(),
        said: error.to_string(),
    })?;
    // A backup that cannot be read is the better reason than a restore that ran dry.
    let opened = opened?;
    restored?;
    Ok(opened)
}

/// Reads the files of a backup, named as in the installation's folder, and all the rest of it.
///
/// # Errors
/// When it cannot be opened, or is not what it says.
pub(crate) fn files(path: &Path, sealing: &Sealing) -> Result<(Header, Files), Error> {
    let file = File::open(path).map_err(Error::file("cannot read", path))?;
    let plain = sealing.decrypt(BufReader::with_capacity(1 << 20, file))?;
    let mut files = Files::new();
    let (header, _) = read(plain, |content| {
        if let Content::File(name, bytes) = content {
            files.insert(name.to_owned(), Zeroizing::new(bytes));
        }
        Ok(())
    })?;
    Ok((header, files))
}

/// On a thread of its own: decrypts, checks, and hands the dump on.
fn open(
    path: &PathBuf,
    sealing: &Sealing,
    put: &mpsc::Sender<Bytes>,
) -> Result<(Header, Contents), Error> {
    let file = File::open(path).map_err(Error::file("cannot read", path))?;
    let plain = sealing.decrypt(BufReader::with_capacity(1 << 20, file))?;
    read(plain, |content| {
        if let Content::Dump(bytes) = content {
            let mut piece = Bytes::from(bytes);
            while !piece.is_empty() {
                let slice = piece.split_to(piece.len().min(SLICE));
                // When pg_restore has ended, the rest is read all the same: its digest is still due.
                drop(put.blocking_send(slice));
            }
        }
        Ok(())
    })
}
