//! Making a backup: written, read back, restored into a scratch database, and only then kept.

use std::fs::File;
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use offline::digest::HashingReader;
use tokio::sync::mpsc;

use super::archive::Archive;
use super::{Contents, Entry, FORMAT, Header, MEDIA_TYPE, Place, Proved, Sealing, Shelf, drill};
use crate::apply::{When, reach};
use crate::engine::pipe;
use crate::envfile::EnvFile;
use crate::error::{Error, in_words};
use crate::escrow;
use crate::facts;
use crate::files::remove;
use crate::layout::Layout;
use crate::postgres::{DATABASE, Postgres};
use crate::state::State;
use crate::steps::Step;

/// A backup that is written and not yet proved. Dropped, it goes.
pub(crate) struct Writing {
    header: Header,
    contents: Contents,
    path: PathBuf,
    /// The file under its passing name.
    pub(crate) partial: PathBuf,
    kept: bool,
}

/// Makes a backup of a running installation, and proves it.
///
/// # Errors
/// Whatever kept it from being made or proved; nothing is left of it then.
pub(crate) async fn create(
    place: Place<'_>,
    state: &State,
    sealing: Arc<Sealing>,
) -> Result<Entry, Error> {
    let writing = begin(place, state, Arc::clone(&sealing)).await?;
    let proved = drill(place, state, &writing.partial, sealing).await?;
    writing.keep(place, &proved)
}

/// Writes a backup of a running installation.
///
/// # Errors
/// Whatever kept it from being written; nothing is left of it then.
pub(crate) async fn begin(
    place: Place<'_>,
    state: &State,
    sealing: Arc<Sealing>,
) -> Result<Writing, Error> {
    let shelf = Shelf::of(place.layout);
    shelf.make()?;
    match escrow::refresh(place.layout) {
        Ok(false) => {}
        Ok(true) => place
            .console
            .tick("The master key has changed; it was sealed to the recovery key again"),
        // A backup of what cannot be opened now is still a backup.
        Err(error) => place.console.warn(&in_words(&error)),
    }
    let postgres = Postgres::of_project(place.engine, &state.project).await?;
    postgres.end_strays().await?;
    let header = Header {
        media_type: MEDIA_TYPE.to_owned(),
        format: FORMAT,
        installation: state.installation.clone(),
        version: state.version.clone(),
        release_counter: state.release_counter,
        migrations: postgres.migrations(DATABASE).await?,
        created: place.now.replace_nanosecond(0).unwrap_or(place.now),
    };
    let path = shelf.name(&header);
    if path.exists() {
        return Err(Error::BackupExists(path));
    }
    let mut writing = Writing {
        contents: Contents::default(),
        path,
        partial: shelf.partial(),
        kept: false,
        header,
    };
    writing.contents = write(place, &postgres, &writing.header, &writing.partial, sealing).await?;
    Ok(writing)
}

impl Writing {
    /// Gives it its name, now that it is proved.
    ///
    /// # Errors
    /// When another backup was proved, or a file cannot be written.
    pub(crate) fn keep(mut self, place: Place<'_>, proved: &Proved) -> Result<Entry, Error> {
        if proved.contents != self.contents {
            return Err(Error::BackupRefused("another one was proved".to_owned()));
        }
        let (size, sha256) = digest_of(&self.partial)?;
        let name = self.path.file_name().unwrap_or_default();
        let entry = Entry {
            file: name.to_string_lossy().into_owned(),
            size,
            sha256,
            rows: self.contents.rows(),
            restore_ms: proved.milliseconds,
            header: self.header.clone(),
        };
        Shelf::of(place.layout).keep(&self.partial, &self.path, &entry)?;
        self.kept = true;
        Ok(entry)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.kept {
            drop(remove(&self.partial));
        }
    }
}

/// Writes the encrypted file, with the dump as it comes from the server.
async fn write(
    place: Place<'_>,
    postgres: &Postgres,
    header: &Header,
    path: &Path,
    sealing: Arc<Sealing>,
) -> Result<Contents, Error> {
    let files = files(place.layout)?;
    let (put, pieces) = pipe();
    let (header, to) = (header.clone(), path.to_owned());
    let writing = tokio::task::spawn_blocking(move || pack(&sealing, &header, files, &to, pieces));
    let mut bar = place.console.progress("Backing up", None);
    let (counted, count) = counting(put);
    let tables = postgres.dump(counted);
    let watch = async {
        let mut count = count;
        while let Some(bytes) = count.recv().await {
            bar.advance(bytes);
        }
        bar
    };
    let (tables, bar) = tokio::join!(tables, watch);
    let archive = writing.await.map_err(|error| Error::Database {
        what: "writing the backup".to_owned(),
        said: error.to_string(),
    })?;
    // A full disk is the better reason than a dump that nobody took.
    let (archive, tables) = (archive?, tables?);
    let failed = Error::file("cannot write", path);
    let sealed = || {
        let (age, contents) = archive.finish(tables)?;
        let file = age
            .finish()?
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(contents)
    };
    let contents = sealed().map_err(failed)?;
    bar.done("The backup is written");
    Ok(contents)
}

type Sealed = Archive<age::stream::StreamWriter<BufWriter<File>>>;

/// On a thread of its own: encrypts what comes, until nothing comes any more.
fn pack(
    sealing: &Sealing,
    header: &Header,
    files: Vec<(String, Vec<u8>)>,
    path: &Path,
    mut pieces: mpsc::Receiver<Bytes>,
) -> Result<Sealed, Error> {
    let failed = || Error::file("cannot write", path);
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(failed())?;
    let out = sealing.encrypt(BufWriter::with_capacity(1 << 20, file))?;
    let mut archive = Archive::begin(out, header).map_err(failed())?;
    for (name, bytes) in files {
        archive.file(&name, &bytes).map_err(failed())?;
    }
    while let Some(piece) = pieces.blocking_recv() {
        reach(When::Amid, Step::Backup)?;
        archive.dump(&piece).map_err(failed())?;
    }
    Ok(archive)
}

/// A pipe that tells how much has gone through.
fn counting(put: mpsc::Sender<Bytes>) -> (mpsc::Sender<Bytes>, mpsc::UnboundedReceiver<u64>) {
    let (counted, mut pieces) = pipe();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(piece) = pieces.recv().await {
            let length = piece.len() as u64;
            if put.send(piece).await.is_err() || tell.send(length).is_err() {
                break;
            }
        }
    });
    (counted, told)
}

/// What of the installation's folder is in a backup. Secrets that the operator keeps elsewhere are
/// part of it, too: without the master key the database is worth nothing.
fn files(layout: &Layout) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    let mut add = |name: String, path: PathBuf| {
        let bytes = std::fs::read(&path).map_err(Error::file("cannot read", &path))?;
        files.push((name, bytes));
        Ok::<(), Error>(())
    };
    for name in [".env", "state.json", "docker-compose.override.yml"] {
        let path = layout.dir().join(name);
        if path.exists() {
            add(name.to_owned(), path)?;
        }
    }
    for name in ["secrets", "license"] {
        let dir = layout.dir().join(name);
        let entries = std::fs::read_dir(&dir).map_err(Error::file("cannot read", &dir))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.is_file()) {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            add(format!("{name}/{file}"), path.clone())?;
        }
    }
    if let Some(env) = facts::env_file(layout)? {
        for (variable, path) in elsewhere(layout, &env) {
            add(format!("elsewhere/{variable}"), path)?;
        }
    }
    Ok(files)
}

/// Files with secrets that `.env` names outside of the folder of secrets.
fn elsewhere(layout: &Layout, env: &EnvFile) -> Vec<(&'static str, PathBuf)> {
    let variables = crate::steps::SECRETS
        .iter()
        .map(|(_, variable, _)| *variable);
    let found = variables.filter_map(|variable| {
        let path = layout.dir().join(env.get(variable)?);
        let inside = path.parent() == Some(layout.secrets().as_path());
        let inside = inside || path.starts_with(layout.dir().join("./secrets"));
        (!inside && path.is_file()).then_some((variable, path))
    });
    found.collect()
}

fn digest_of(path: &Path) -> Result<(u64, offline::Digest), Error> {
    let read = || {
        let mut hashing = HashingReader::new(File::open(path)?);
        let size = io::copy(&mut hashing, &mut io::sink())?;
        Ok((size, hashing.finish().1))
    };
    read().map_err(Error::file("cannot read", path))
}
