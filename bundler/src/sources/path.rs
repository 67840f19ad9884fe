//! Images out of a folder or a file: an OCI image layout, as a folder or as a tar, or what
//! `docker save` wrote.

use std::io::{self, Read};
use std::path::Path;

use console::Console;
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};
use offline::{Digest, limits};
use serde::Deserialize;

use super::store::Store;
use super::{Collected, Layers, Ready, Wanted, assemble, one_architecture};
use crate::error::Error;

const REFERENCE: &str = "org.opencontainers.image.ref.name";
const NAME: &str = "io.containerd.image.name";
/// Lists and manifests are small.
const DOCUMENT: u64 = limits::MANIFEST;

/// One entry of `manifest.json` (Docker image specification 1.2).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// Where an image's parts are in a store.
struct Parts {
    config: String,
    layers: Vec<String>,
}

/// Gets the images out of a path.
pub(super) fn collect(
    path: &Path,
    wanted: &[Wanted],
    layers: &Layers,
    console: &Console,
) -> Result<Collected, Error> {
    let failed = |source| Error::Input {
        path: path.to_owned(),
        source,
    };
    let store = Store::open(path).map_err(failed)?;
    let title = format!("Reading images from {}", path.display());
    let bar = console.progress(&title, None);
    let mut images: Vec<(String, Ready)> = Vec::new();
    for image in wanted {
        let parts = find(&store, &image.reference)
            .map_err(failed)?
            .ok_or_else(|| Error::NotInPath {
                image: image.reference.clone(),
                path: path.to_owned(),
            })?;
        let lost = || io::Error::new(io::ErrorKind::NotFound, "a blob of the image is missing");
        let config = store.read(&parts.config, limits::IMAGE_JSON);
        let config = config
            .and_then(|found| found.ok_or_else(lost))
            .map_err(failed)?;
        let open = |place: usize| -> io::Result<Box<dyn Read>> {
            let name = parts.layers.get(place).ok_or_else(lost)?;
            store.open_blob(name)?.ok_or_else(lost)
        };
        images.push(assemble(image, config, layers, open)?);
    }
    let collected = one_architecture(images)?;
    bar.done("Images read and compressed");
    Ok(collected)
}

fn find(store: &Store, reference: &str) -> io::Result<Option<Parts>> {
    if let Some(index) = store.read("index.json", DOCUMENT)? {
        let index = ImageIndex::from_reader(index.as_slice()).map_err(io::Error::other)?;
        let named = index
            .manifests()
            .iter()
            .find(|entry| is_named(entry, reference));
        if let Some(entry) = named {
            return of_layout(store, entry).map(Some);
        }
    }
    let Some(list) = store.read("manifest.json", DOCUMENT)? else {
        return Ok(None);
    };
    let entries: Vec<Saved> = serde_json::from_slice(&list)?;
    let named = |entry: &Saved| {
        let tags = entry.repo_tags.iter().flatten();
        tags.into_iter().any(|tag| same(tag, reference))
    };
    Ok(entries.into_iter().find(named).map(|entry| Parts {
        config: entry.config,
        layers: entry.layers,
    }))
}

fn is_named(entry: &Descriptor, reference: &str) -> bool {
    let notes = entry.annotations().iter().flatten();
    notes
        .filter(|(key, _)| [REFERENCE, NAME].contains(&key.as_str()))
        .any(|(_, name)| same(name, reference))
}

/// Whether two names mean the same image on Docker Hub.
fn same(name: &str, reference: &str) -> bool {
    let short = |name: &str| {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        name.strip_prefix("library/").unwrap_or(name).to_owned()
    };
    short(name) == short(reference)
}

/// Follows an index to the image for this processor.
fn of_layout(store: &Store, entry: &Descriptor) -> io::Result<Parts> {
    let broken = |words: &'static str| io::Error::new(io::ErrorKind::InvalidData, words);
    let mut digest = entry.digest().to_string();
    // An index may lead to another, as multi-platform images do.
    for _ in 0..4 {
        let name = blob(&digest).ok_or_else(|| broken("a digest of the index is none"))?;
        let bytes = store.read(&name, DOCUMENT)?;
        let bytes = bytes.ok_or_else(|| broken("a manifest of the index is missing"))?;
        if Digest::of(&bytes).to_string() != digest {
            return Err(broken("a manifest is damaged"));
        }
        if let Ok(manifest) = ImageManifest::from_reader(bytes.as_slice()) {
            let config = blob(manifest.config().digest().as_ref());
            let layers = manifest.layers().iter();
            let layers = layers.map(|layer| blob(layer.digest().as_ref()));
            return Ok(Parts {
                config: config.ok_or_else(|| broken("a digest of the manifest is none"))?,
                layers: layers
                    .collect::<Option<_>>()
                    .ok_or_else(|| broken("a digest of the manifest is none"))?,
            });
        }
        let index = ImageIndex::from_reader(bytes.as_slice()).map_err(io::Error::other)?;
        let fits = |entry: &&Descriptor| {
            entry.platform().as_ref().is_some_and(|platform| {
                platform.os().to_string() == "linux"
                    && platform.architecture().to_string() == super::host_architecture()
            })
        };
        let next = index.manifests().iter().find(fits);
        let next = next.ok_or_else(|| broken("there is no image for linux on this processor"))?;
        digest = next.digest().to_string();
    }
    Err(broken("the index leads nowhere"))
}

fn blob(digest: &str) -> Option<String> {
    let digest: Digest = digest.parse().ok()?;
    Some(format!("blobs/sha256/{}", digest.hex()))
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn names_of_docker_hub_have_long_forms() {
        assert!(same("docker.io/library/postgres:16", "postgres:16"));
        assert!(same("vaultterm/app:1", "docker.io/vaultterm/app:1"));
        assert!(!same("other.example/postgres:16", "postgres:16"));
        assert!(!same("postgres:16", "postgres:17"));
    }
}
