//! What a delta can count on: the contents of the release that is installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};

use license::trust::Trust;
use offline::digest::HashingWriter;
use offline::{Digest, EntryName, Held, Inventory, Member, Role};

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
            if let Some(frame) = layer.and_then(|layer| bundle.open_blob(&layer.digest)) {
                return plain(zstd::Decoder::new(frame)?, diff_id).map(Some);
            }
        }
        match self.kept.kept(diff_id) {
            Some((_, path)) => unpacked(&path, diff_id).map(Some),
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
            .map(|content| plain(content, &file.sha256))
            .transpose()
    }
}

/// A layer's tar out of a frame on the disk.
pub(crate) fn unpacked(frame: &PathBuf, diff_id: &Digest) -> io::Result<File> {
    plain(zstd::Decoder::new(File::open(frame)?)?, diff_id)
}

/// A content as a file without a name, which must have the digest.
fn plain(mut content: impl Read, expected: &Digest) -> io::Result<File> {
    let mut hashing = HashingWriter::new(tempfile::tempfile()?);
    io::copy(&mut content, &mut hashing)?;
    let (mut file, digest, _) = hashing.finish();
    if digest != *expected {
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
