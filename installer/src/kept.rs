//! What the server keeps of the installed release: compressed layers and files. Deltas, repair and
//! a way back start from it, and never depend on the engine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use offline::digest::{CheckingReader, HashingReader};
use offline::read::MemberReader;
use offline::{Digest, Manifest};

use crate::error::Error;
use crate::layout::Layout;

const ENDING: &str = ".tar.zst";

/// Contents by digest: layers by diff ID, files by SHA-256.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) layers: BTreeMap<Digest, PathBuf>,
    pub(crate) files: BTreeMap<Digest, PathBuf>,
}

impl Kept {
    /// Looks for what is there; nothing is unpacked.
    pub(crate) fn look(layout: &Layout, version: Option<&str>) -> Result<Self, Error> {
        let dir = layout.blobs();
        let mut kept = Self::default();
        let blobs = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(kept),
            Err(error) => return Err(Error::file("cannot read", &dir)(error)),
        };
        for entry in blobs {
            let path = entry.map_err(Error::file("cannot read", &dir))?.path();
            if let Some(diff_id) = diff_id_of(&path) {
                kept.layers.insert(diff_id, path);
            }
        }
        let Some(manifest) = version.and_then(|version| manifest(layout, version)) else {
            return Ok(kept);
        };
        let release = layout.release(&manifest.version);
        for file in manifest.files() {
            let path = release.join(file.name.file_path().unwrap_or_default());
            if digest_of(&path).ok() == Some(file.sha256) {
                kept.files.insert(file.sha256, path);
            }
        }
        Ok(kept)
    }

    pub(crate) fn has(&self, content: &Digest) -> bool {
        self.layers.contains_key(content) || self.files.contains_key(content)
    }

    /// The plain bytes of a content. The read that reaches the end fails when they are others.
    pub(crate) fn open(&self, content: &Digest) -> io::Result<Box<dyn Read + Send>> {
        let plain: Box<dyn Read + Send> = if let Some(path) = self.layers.get(content) {
            let mut decoder = zstd::Decoder::new(File::open(path)?)?;
            decoder.window_log_max(offline::limits::WINDOW_LOG)?;
            Box::new(decoder)
        } else if let Some(path) = self.files.get(content) {
            Box::new(io::BufReader::new(File::open(path)?))
        } else {
            return Err(io::ErrorKind::NotFound.into());
        };
        Ok(Box::new(CheckingReader::new(plain, *content)))
    }
}

/// Whose fault it is that a content did not come out.
pub(crate) enum Fault {
    /// The bundle's.
    Bundle(offline::Error),
    /// That of what the server keeps.
    Base(Error),
}

impl From<offline::Error> for Fault {
    fn from(error: offline::Error) -> Self {
        Self::Bundle(error)
    }
}

impl Fault {
    /// A read that failed: a refusal of the bundle is passed on, everything else is the base's.
    pub(crate) fn of_read(content: Digest) -> impl Fn(io::Error) -> Self {
        move |error| match error.downcast::<offline::Error>() {
            Ok(refusal) => Self::Bundle(refusal),
            Err(source) => Self::Base(Error::Base {
                content: content.short(),
                source,
            }),
        }
    }

    /// Instructions that could not be followed. They were followed before their digest was known to
    /// hold, so the rest of them is read: if they are damaged, the base is not to blame.
    pub(crate) fn blame<R: Read>(self, instructions: MemberReader<'_, R>) -> Self {
        match (self, instructions.finish()) {
            (Self::Base(_), Err(damage)) => Self::Bundle(damage),
            (fault, _) => fault,
        }
    }
}

/// The file of a kept layer.
pub(crate) fn blob_path(dir: &Path, diff_id: &Digest) -> PathBuf {
    dir.join(format!("{}{ENDING}", diff_id.hex()))
}

fn diff_id_of(path: &Path) -> Option<Digest> {
    let name = path.file_name()?.to_str()?;
    format!("sha256:{}", name.strip_suffix(ENDING)?)
        .parse()
        .ok()
}

/// The manifest of a release, as its bundle brought it.
pub(crate) fn manifest(layout: &Layout, version: &str) -> Option<Manifest> {
    let bytes = std::fs::read(layout.manifest(version)).ok()?;
    Manifest::parse(&bytes).ok()
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut hashing = HashingReader::new(File::open(path)?);
    io::copy(&mut hashing, &mut io::sink())?;
    Ok(hashing.finish().1)
}
