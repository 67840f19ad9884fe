//! What a delta can count on: the contents of the release that is installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::Path;

use license::trust::Trust;
use offline::digest::HashingWriter;
use offline::{Digest, EntryName, Held, Inventory, Layer, Member, Role, limits};

use crate::error::Error;
use crate::sources::Layers;

/// The release on the server, and where its contents can be had here.
pub(crate) struct Basis {
    pub(crate) version: String,
    /// Layers that the server has, by diff ID.
    layers: BTreeSet<Digest>,
    /// The layers of each image, lowest first.
    stacks: BTreeMap<Role, Vec<Digest>>,
    files: BTreeMap<EntryName, Member>,
    bundle: Option<Held>,
    kept: Layers,
}

impl Basis {
    /// What `--base` and `--for` name; where both are given, the inventory says what the server has,
    /// and the bundle holds it.
    pub(crate) fn open(
        bundle: Option<&Path>,
        inventory: Option<&Path>,
        trust: &Trust,
        kept: Layers,
    ) -> Result<Option<Self>, Error> {
        let bundle = match bundle {
            Some(path) => {
                let held = Held::open(path, trust);
                Some(held.map_err(|error| Error::of_bundle(path, error))?)
            }
            None => None,
        };
        if let Some(path) = inventory {
            let bytes = std::fs::read(path).map_err(|source| Error::Input {
                path: path.to_owned(),
                source,
            })?;
            let found = Inventory::parse(&bytes).map_err(|source| Error::Inventory {
                path: path.to_owned(),
                source,
            })?;
            return Ok(Some(Self::of_server(found, bundle, kept)));
        }
        Ok(bundle.map(|bundle| Self::of_bundle(bundle, kept)))
    }

    fn of_server(found: Inventory, bundle: Option<Held>, kept: Layers) -> Self {
        let stacks = found.images.into_iter();
        Self {
            version: found.version,
            layers: found.blobs.into_iter().collect(),
            stacks: stacks.map(|stack| (stack.role, stack.layers)).collect(),
            files: by_name(found.files),
            bundle,
            kept,
        }
    }

    fn of_bundle(bundle: Held, kept: Layers) -> Self {
        let images = &bundle.manifest.images;
        let stacks: BTreeMap<Role, Vec<Digest>> = images
            .iter()
            .map(|image| {
                let ids = image.layers.iter().map(|layer| layer.diff_id);
                (image.role, ids.collect())
            })
            .collect();
        Self {
            version: bundle.manifest.version.clone(),
            layers: stacks.values().flatten().copied().collect(),
            stacks,
            files: by_name(bundle.manifest.files().cloned()),
            bundle: Some(bundle),
            kept,
        }
    }

    pub(crate) fn has_layer(&self, diff_id: &Digest) -> bool {
        self.layers.contains(diff_id)
    }

    pub(crate) fn has_file(&self, sha256: &Digest) -> bool {
        self.files.values().any(|file| file.sha256 == *sha256)
    }

    /// The layer that a changed one has most likely come from: that in the same place, of those
    /// that the new image does not have.
    pub(crate) fn forerunner(&self, role: Role, place: usize, new: &[Digest]) -> Option<Digest> {
        let stack = self.stacks.get(&role)?;
        let gone = |id: &&Digest| self.has_layer(id) && !new.contains(id);
        let same = stack.get(place).filter(gone);
        same.or_else(|| stack.iter().rev().find(gone)).copied()
    }

    /// The file of the same name.
    pub(crate) fn file(&self, name: &EntryName) -> Option<&Member> {
        self.files.get(name)
    }

    /// A layer's tar, when it can be had here.
    pub(crate) fn layer_content(&self, diff_id: &Digest) -> io::Result<Option<File>> {
        if let Some(bundle) = &self.bundle {
            let layers = bundle
                .manifest
                .images
                .iter()
                .flat_map(|image| &image.layers);
            let layer = layers.into_iter().find(|layer| layer.diff_id == *diff_id);
            let frame = layer.and_then(|layer| Some((layer, bundle.open_blob(&layer.digest)?)));
            if let Some((layer, frame)) = frame {
                return unframed(frame, layer).map(Some);
            }
        }
        match self.kept.kept(diff_id) {
            Some((layer, path)) => unpacked(&path, &layer).map(Some),
            None => Ok(None),
        }
    }

    /// A file's content, when it can be had here.
    pub(crate) fn file_content(&self, file: &Member) -> io::Result<Option<File>> {
        let found = self
            .bundle
            .as_ref()
            .and_then(|bundle| bundle.open_member(&file.name));
        found
            .map(|content| plain(content, &file.sha256, file.size))
            .transpose()
    }
}

/// A layer's tar out of a frame on the disk.
pub(crate) fn unpacked(frame: &Path, layer: &Layer) -> io::Result<File> {
    unframed(File::open(frame)?, layer)
}

/// A layer's tar out of its frame, which is looked at before its own digest is known: it gets the
/// memory that the format grants, and the room that was promised.
fn unframed(frame: impl Read, layer: &Layer) -> io::Result<File> {
    let mut decoder = zstd::Decoder::new(frame)?.single_frame();
    decoder.window_log_max(limits::WINDOW_LOG)?;
    plain(decoder, &layer.diff_id, layer.uncompressed_size)
}

/// A content as a file without a name, which must have the digest and the size.
fn plain(content: impl Read, expected: &Digest, size: u64) -> io::Result<File> {
    let mut hashing = HashingWriter::new(tempfile::tempfile()?);
    io::copy(&mut content.take(size.saturating_add(1)), &mut hashing)?;
    let (mut file, digest, found) = hashing.finish();
    if digest != *expected || found != size {
        return Err(io::Error::other(format!(
            "{expected} is damaged in the base"
        )));
    }
    file.rewind()?;
    Ok(file)
}

fn by_name(files: impl IntoIterator<Item = Member>) -> BTreeMap<EntryName, Member> {
    files
        .into_iter()
        .map(|file| (file.name.clone(), file))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read as _, Write as _};

    use offline::{Digest, Layer, limits};

    use super::{plain, unframed};

    fn layer(plain: &[u8]) -> Layer {
        Layer {
            digest: Digest::of(b"not looked at"),
            size: 1,
            diff_id: Digest::of(plain),
            uncompressed_size: plain.len() as u64,
        }
    }

    fn frame(plain: &[u8], window: u32) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window).unwrap();
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_base_gets_no_more_memory_than_the_format_grants() {
        let tar = vec![1; 100_000];
        let fits = unframed(&frame(&tar, limits::WINDOW_LOG)[..], &layer(&tar));
        let mut found = Vec::new();
        fits.unwrap().read_to_end(&mut found).unwrap();
        assert!(found == tar);
        let wide = frame(&tar, limits::WINDOW_LOG + 1);
        assert!(unframed(&wide[..], &layer(&tar)).is_err());
    }

    #[test]
    fn a_base_that_unpacks_to_more_is_left_at_once() {
        let (tar, bomb) = (vec![0; 1000], vec![0; 64 << 20]);
        let refused = unframed(&frame(&bomb, 20)[..], &layer(&tar));
        assert!(refused.unwrap_err().to_string().contains("damaged"));
        let mut endless = io::repeat(0).take(1 << 40);
        assert!(plain(&mut endless, &Digest::of(&tar), 1000).is_err());
        assert_eq!(endless.limit(), (1 << 40) - 1001);
        let short = plain(&tar[..999], &Digest::of(&tar[..999]), 1000);
        assert!(short.is_err());
    }
}
