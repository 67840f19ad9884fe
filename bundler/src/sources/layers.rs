//! Layers, compressed and kept under their diff IDs.
//!
//! A layer is hashed and compressed in one pass, straight from the engine's stream; what the pass
//! did not ask for is dropped. A kept layer is used again only after its digest was checked.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};

use offline::digest::{HashingReader, HashingWriter};
use offline::{Digest, Layer, limits};
use serde::{Deserialize, Serialize};

use crate::sbom::{self, Records};

/// A window that the level makes use of; a larger one only costs time. Never beyond the format's.
const fn window(level: i32) -> u32 {
    if level < 13 { 22 } else { limits::WINDOW_LOG }
}

/// Rises when a layer would be compressed to other bytes at the same level.
const RECIPE: u32 = 2;

/// What one worker compresses at a time. zstd's own choice, four windows, would leave most layers to
/// a single worker.
const JOB: u32 = 4 << 20;

/// Compressed layers in a folder.
pub(crate) struct Layers {
    dir: PathBuf,
    level: i32,
    workers: u32,
}

/// Passes all bytes on to the compressor; on the way, another thread looks for records of packages.
fn pump(plain: &mut impl Read, compressor: &mut impl io::Write) -> io::Result<Records> {
    std::thread::scope(|scope| {
        let (pieces, arriving) = std::sync::mpsc::sync_channel::<Vec<u8>>(4);
        let looking = scope.spawn(move || sbom::records(Pieces::new(arriving)));
        // Large pieces: a job is handed to a worker for each of them.
        let mut buffer = vec![0; 1 << 20];
        loop {
            let count = plain.read(&mut buffer)?;
            let piece = buffer.get(..count).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            // Nobody listens any more when it is no tar.
            let _unheard = pieces.send(piece.to_vec());
            compressor.write_all(piece)?;
        }
        drop(pieces);
        Ok(looking.join().ok().and_then(Result::ok).unwrap_or_default())
    })
}

/// Pieces from a channel, read one after the other.
struct Pieces {
    arriving: std::sync::mpsc::Receiver<Vec<u8>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Pieces {
    fn new(arriving: std::sync::mpsc::Receiver<Vec<u8>>) -> Self {
        Self {
            arriving,
            piece: io::Cursor::default(),
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.arriving.recv() {
                Ok(piece) => self.piece = io::Cursor::new(piece),
                Err(_) => return Ok(0),
            }
        }
    }
}

/// What a kept layer says of its packages.
pub(crate) fn records_of(frame: &Path) -> io::Result<Records> {
    let note: Note = serde_json::from_slice(&std::fs::read(note_of(frame))?)?;
    Ok(note.records)
}

/// What is noted beside a kept layer.
#[derive(Serialize, Deserialize)]
struct Note {
    layer: Layer,
    /// What the layer says of its packages.
    records: Records,
}

impl Layers {
    pub(crate) fn new(dir: &Path, level: i32) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, |n| n.get().min(16));
        Self {
            dir: dir.to_owned(),
            level,
            // The number of workers has no influence on the bytes, that there are some has.
            workers: u32::try_from(workers).unwrap_or(1),
        }
    }

    /// The folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A layer that is there already, if it is whole.
    pub(crate) fn kept(&self, diff_id: &Digest) -> Option<(Layer, PathBuf)> {
        let path = self.path(diff_id);
        let note: Note = serde_json::from_slice(&std::fs::read(note_of(&path)).ok()?).ok()?;
        let mut hashing = HashingWriter::new(io::sink());
        io::copy(&mut File::open(&path).ok()?, &mut hashing).ok()?;
        let (_, digest, size) = hashing.finish();
        let layer = note.layer;
        let whole = digest == layer.digest && size == layer.size && layer.diff_id == *diff_id;
        whole.then_some((layer, path))
    }

    /// Sets a layer down, uncompressed, if it is one of `wanted`: the file vanishes with its value.
    pub(super) fn sift(
        &self,
        source: impl Read,
        wanted: &BTreeSet<Digest>,
    ) -> io::Result<Option<File>> {
        let mut hashing = HashingReader::new(source);
        let mut file = tempfile::tempfile_in(&self.dir)?;
        io::copy(&mut hashing, &mut file)?;
        let (_, diff_id, _) = hashing.finish();
        if !wanted.contains(&diff_id) {
            return Ok(None);
        }
        file.rewind()?;
        Ok(Some(file))
    }

    /// Compresses `size` bytes, and keeps them when they are one of `wanted`.
    pub(crate) fn take(
        &self,
        source: impl Read,
        size: u64,
        wanted: &BTreeSet<Digest>,
    ) -> io::Result<Option<(Layer, PathBuf)>> {
        let file = tempfile::Builder::new()
            .prefix(".layer-")
            .tempfile_in(&self.dir)?;
        let mut encoder = zstd::Encoder::new(HashingWriter::new(file.reopen()?), self.level)?;
        encoder.window_log(window(self.level))?;
        encoder.multithread(self.workers)?;
        encoder.set_parameter(zstd::zstd_safe::CParameter::JobSize(JOB))?;
        encoder.set_pledged_src_size(Some(size))?;
        encoder.include_contentsize(true)?;
        let mut plain = HashingReader::new(source);
        let records = pump(&mut plain, &mut encoder)?;
        let (_, digest, compressed) = encoder.finish()?.finish();
        let (_, diff_id, uncompressed_size) = plain.finish();
        if !wanted.contains(&diff_id) {
            return Ok(None);
        }
        let layer = Layer {
            digest,
            size: compressed,
            diff_id,
            uncompressed_size,
        };
        self.keep(records, file, layer).map(Some)
    }

    fn keep(
        &self,
        records: Records,
        file: tempfile::NamedTempFile,
        layer: Layer,
    ) -> io::Result<(Layer, PathBuf)> {
        let path = self.path(&layer.diff_id);
        file.persist(&path).map_err(|error| error.error)?;
        let note = serde_json::to_vec(&Note { layer, records }).map_err(io::Error::other)?;
        std::fs::write(note_of(&path), note)?;
        Ok((layer, path))
    }

    fn path(&self, diff_id: &Digest) -> PathBuf {
        self.dir
            .join(format!("{}-{}-{RECIPE}.zst", diff_id.hex(), self.level))
    }
}

fn note_of(path: &Path) -> PathBuf {
    path.with_extension("json")
}

#[cfg(test)]
mod tests {
    use super::Layers;
    use offline::Digest;

    #[test]
    fn a_layer_is_kept_once_asked_for_and_never_when_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let layers = Layers::new(dir.path(), 3);
        let plain = vec![7; 100_000];
        let diff_id = Digest::of(&plain);
        let other = [Digest::of(b"other")].into();
        assert!(layers.take(&plain[..], 100_000, &other).unwrap().is_none());
        assert!(layers.kept(&diff_id).is_none());
        let wanted = [diff_id].into();
        let (layer, path) = layers.take(&plain[..], 100_000, &wanted).unwrap().unwrap();
        assert_eq!(layers.kept(&diff_id).unwrap().0, layer);
        assert_eq!(
            zstd::decode_all(std::fs::File::open(&path).unwrap()).unwrap(),
            plain
        );
        std::fs::write(&path, b"damaged").unwrap();
        assert!(layers.kept(&diff_id).is_none());
    }
}
