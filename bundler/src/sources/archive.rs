//! Reading what the engine exports: a tar with the layers, the configurations and a list.
//!
//! Engines differ in the names they give to the members, so members are known by digest: a layer
//! by its diff ID, a configuration by the image's id.

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
    /// Small members by name; configurations are among them.
    documents: BTreeMap<String, Vec<u8>>,
}

/// Reads an export to its end; layers that are not `wanted` are dropped.
pub(super) fn read(
    export: impl Read,
    wanted: &BTreeSet<Digest>,
    layers: &Layers,
) -> Result<Found, Error> {
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
            if wanted.contains(&Digest::of(&bytes)) {
                found.keep(layers.take(bytes.as_slice(), size, wanted))?;
            } else {
                found.documents.insert(name, bytes);
            }
        } else {
            found.keep(layers.take(&mut entry, size, wanted))?;
        }
    }
    Ok(found)
}

impl Found {
    fn keep(&mut self, taken: std::io::Result<Option<(Layer, PathBuf)>>) -> Result<(), Error> {
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
