//! Reading what the engine exports: a tar with the layers, the configurations and a list.
//!
//! Engines differ in the names they give to the members, so members are known by digest: a layer
//! by its diff ID, a configuration by the image's id. Where a name is a digest it is believed as far as
//! it saves work; older engines name layers by something of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use offline::oci::read as oci;
use offline::{Digest, Layer, limits};

use super::layers::Layers;
use crate::error::Error;

/// What was found in an export.
#[derive(Default)]
pub(super) struct Found {
    /// Compressed layers by diff ID.
    pub(super) layers: BTreeMap<Digest, (Layer, PathBuf)>,
    /// How many layers were compressed for that.
    pub(super) compressed: usize,
    /// Small members by name; configurations are among them.
    documents: BTreeMap<String, Vec<u8>>,
}

/// What an export is read for.
pub(super) struct Wish {
    /// The layers that are not kept from an earlier build.
    pub(super) layers: BTreeSet<Digest>,
    /// Whether others come, too. They are told apart before anything is compressed, which takes a
    /// copy on the disk; where every layer is wanted, compressing begins with its first byte.
    pub(super) sift: bool,
}

/// The digest that a member is named by, as engines do that write an OCI layout as well.
fn named(name: &str) -> Option<Digest> {
    let digits = name.strip_prefix("blobs/sha256/")?;
    format!("sha256:{digits}").parse().ok()
}

/// Reads an export to its end; layers that are not wished for are dropped.
pub(super) fn read(export: impl Read, wish: &Wish, layers: &Layers) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut archive = tar::Archive::new(export);
    for entry in archive.entries().map_err(Error::Stream)? {
        let mut entry = entry.map_err(Error::Stream)?;
        // Links stand for layers that come elsewhere in the same export.
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let size = entry.size();
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let small = size <= limits::IMAGE_JSON && !name.ends_with(".tar");
        if small {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(Error::Stream)?;
            // In newer engines small layers, too, are named by their digest only.
            if wish.layers.contains(&Digest::of(&bytes)) {
                found.compress(bytes.as_slice(), size, wish, layers)?;
            } else {
                found.documents.insert(name, bytes);
            }
            continue;
        }
        match named(&name) {
            Some(digest) if !wish.layers.contains(&digest) => {}
            None if wish.sift => {
                let sifted = layers.sift(&mut entry, &wish.layers);
                if let Some(file) = sifted.map_err(Error::Stream)? {
                    found.compress(file, size, wish, layers)?;
                }
            }
            _ => found.compress(&mut entry, size, wish, layers)?,
        }
    }
    Ok(found)
}

impl Found {
    fn compress(
        &mut self,
        content: impl Read,
        size: u64,
        wish: &Wish,
        layers: &Layers,
    ) -> Result<(), Error> {
        self.compressed += 1;
        let taken = layers.take(content, size, &wish.layers);
        if let Some((layer, path)) = taken.map_err(Error::Stream)? {
            self.layers.insert(layer.diff_id, (layer, path));
        }
        Ok(())
    }

    /// An image's configuration: the document whose digest is the image's id; where ids are made
    /// otherwise, the one that the list names for the reference.
    pub(super) fn config(&self, id: Option<Digest>, reference: &str) -> Option<&[u8]> {
        let by_id = self
            .documents
            .values()
            .find(|bytes| Some(Digest::of(bytes)) == id);
        by_id
            .or_else(|| {
                let list = oci::saved(self.documents.get("manifest.json")?).ok()?;
                let named = |image: &oci::Saved| {
                    let mut tags = image.names.iter();
                    tags.any(|tag| tag == reference || tag.ends_with(&format!("/{reference}")))
                };
                let image = list.into_iter().find(named)?;
                self.documents.get(&image.parts.config)
            })
            .map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use offline::Digest;

    use super::{Wish, read};
    use crate::sources::Layers;

    /// Content that is too large for a document.
    fn layer(seed: u8) -> Vec<u8> {
        let mut state = u32::from(seed);
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..2 << 20).map(|_| next()).collect()
    }

    fn export(members: &[(String, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, *bytes).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn only_what_is_wished_for_is_compressed() {
        let (base, app) = (layer(1), layer(2));
        let [base_id, app_id] = [&base, &app].map(|bytes| Digest::of(bytes));
        let old = [
            ("aa/layer.tar".to_owned(), &base[..]),
            ("bb/layer.tar".to_owned(), &app),
        ];
        let blob = |id: &Digest| format!("blobs/sha256/{}", id.hex());
        let new = [(blob(&base_id), &base[..]), (blob(&app_id), &app)];
        for (members, sift, compressed) in [(&old, true, 1), (&old, false, 2), (&new, false, 1)] {
            let dir = tempfile::tempdir().unwrap();
            let layers = Layers::new(dir.path(), 1);
            let wish = Wish {
                layers: BTreeSet::from([app_id]),
                sift,
            };
            let found = read(&export(members)[..], &wish, &layers).unwrap();
            assert_eq!(found.compressed, compressed);
            assert!(found.layers.keys().eq([&app_id]));
            assert_eq!(layers.kept(&app_id).unwrap().0.uncompressed_size, 2 << 20);
            assert!(layers.kept(&base_id).is_none());
        }
    }

    #[test]
    fn a_name_that_lies_gives_nothing() {
        let (app, other) = (layer(2), layer(3));
        let id = Digest::of(&app);
        let member = (format!("blobs/sha256/{}", id.hex()), &other[..]);
        let dir = tempfile::tempdir().unwrap();
        let wish = Wish {
            layers: BTreeSet::from([id]),
            sift: true,
        };
        let found = read(&export(&[member])[..], &wish, &Layers::new(dir.path(), 1)).unwrap();
        assert!(found.layers.is_empty());
    }
}
