//! Images out of a running container engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use bollard::Docker;
use bollard::models::ImageInspect;
use console::Console;
use offline::oci::read as oci;
use offline::{Digest, Layer};

use super::export::{self, Export};
use super::layers::Layers;
use super::{Collected, Ready, Wanted};
use crate::error::Error;

/// An export may take its time.
const TIMEOUT_SECONDS: u64 = 6 * 3600;

/// What the engine says of an image before it is exported.
pub(super) struct Known {
    pub(super) wanted: Wanted,
    id: Option<Digest>,
    pub(super) diff_ids: Vec<Digest>,
    architecture: String,
    pub(super) size: u64,
}

#[cfg(test)]
impl Known {
    /// An image of these layers.
    pub(super) fn of_layers(wanted: Wanted, diff_ids: Vec<Digest>, size: u64) -> Self {
        Self {
            wanted,
            id: None,
            diff_ids,
            architecture: "amd64".to_owned(),
            size,
        }
    }
}

/// Gets the images out of the engine at `host`.
pub(super) fn collect(
    host: &str,
    wanted: &[Wanted],
    layers: Layers,
    console: &Console,
) -> Result<Collected, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Stream)?;
    runtime.block_on(async {
        let docker = connect(host)?;
        let mut known = Vec::new();
        for image in wanted {
            known.push(look(&docker, host, image).await?);
        }
        let architecture = same_architecture(&known)?;
        let images = export(docker, known, layers, console).await?;
        Ok(Collected {
            architecture,
            images,
        })
    })
}

fn connect(host: &str) -> Result<Docker, Error> {
    Docker::connect_with_host(host)
        .map(|docker| docker.with_timeout(std::time::Duration::from_secs(TIMEOUT_SECONDS)))
        .map_err(|source| Error::Engine {
            host: host.to_owned(),
            source,
        })
}

async fn look(docker: &Docker, host: &str, wanted: &Wanted) -> Result<Known, Error> {
    let answer = docker.inspect_image(&wanted.reference).await;
    let found = answer.map_err(|error| match error {
        bollard::errors::Error::DockerResponseServerError {
            status_code: 404, ..
        } => Error::NoImage(wanted.reference.clone()),
        source => Error::Engine {
            host: host.to_owned(),
            source,
        },
    })?;
    known(wanted, found).ok_or_else(|| Error::Platform(wanted.reference.clone()))
}

/// `None` when it is no image for linux with layers.
fn known(wanted: &Wanted, found: ImageInspect) -> Option<Known> {
    if found.os.as_deref() != Some("linux") {
        return None;
    }
    let diff_ids = found.root_fs?.layers?;
    let diff_ids = diff_ids.iter().map(|id| Digest::from_str(id));
    Some(Known {
        wanted: wanted.clone(),
        id: found.id.and_then(|id| Digest::from_str(&id).ok()),
        diff_ids: diff_ids.collect::<Result<_, _>>().ok()?,
        architecture: found.architecture?,
        size: found.size.and_then(|size| u64::try_from(size).ok())?,
    })
}

fn same_architecture(known: &[Known]) -> Result<String, Error> {
    let mut all = known.iter().map(|image| &image.architecture);
    let first = all.next().cloned().unwrap_or_default();
    match known.iter().find(|image| image.architecture != first) {
        Some(other) => Err(Error::Platform(other.wanted.reference.clone())),
        None => Ok(first),
    }
}

/// Exports what is not kept from an earlier build, and puts the images together.
async fn export(
    docker: Docker,
    known: Vec<Known>,
    layers: Layers,
    console: &Console,
) -> Result<Vec<Ready>, Error> {
    let dir = layers.dir().to_owned();
    let mut ready: BTreeMap<Digest, (Layer, PathBuf)> = BTreeMap::new();
    let mut configs: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for image in &known {
        for diff_id in &image.diff_ids {
            if let Some(kept) = layers.kept(diff_id) {
                ready.insert(*diff_id, kept);
            }
        }
        if let Some(config) = kept_config(&dir, image) {
            configs.insert(image.wanted.reference.clone(), config);
        }
    }
    let lacking: Vec<&Known> = known
        .iter()
        .filter(|image| {
            let whole = image.diff_ids.iter().all(|id| ready.contains_key(id));
            !whole || !configs.contains_key(&image.wanted.reference)
        })
        .collect();
    if lacking.is_empty() {
        console.say("Images: every layer is kept from an earlier build");
    } else {
        let total = lacking.iter().map(|image| image.size).sum();
        let bar = console.progress("Reading images from the engine", Some(total));
        let exports: Vec<Export> = export::together(&lacking)
            .iter()
            .map(|group| Export::of(group, |id| ready.contains_key(id)))
            .collect();
        let found = export::read(&docker, exports, layers, bar).await?;
        for image in &lacking {
            let reference = &image.wanted.reference;
            let config = found
                .iter()
                .find_map(|export| export.config(image.id, reference))
                .ok_or_else(|| Error::Export {
                    image: reference.clone(),
                    fact: "it holds no configuration of the image",
                })?;
            keep_config(&dir, config);
            configs.insert(reference.clone(), config.to_vec());
        }
        ready.extend(found.into_iter().flat_map(|export| export.layers));
    }
    known
        .into_iter()
        .map(|image| assemble(image, &ready, &mut configs))
        .collect()
}

fn assemble(
    image: Known,
    ready: &BTreeMap<Digest, (Layer, PathBuf)>,
    configs: &mut BTreeMap<String, Vec<u8>>,
) -> Result<Ready, Error> {
    let reference = image.wanted.reference;
    let broken = |fact| Error::Export {
        image: reference.clone(),
        fact,
    };
    let config = configs
        .remove(&reference)
        .ok_or_else(|| broken("it holds no configuration of the image"))?;
    let parsed = oci::config(&config).map_err(|_| broken("its configuration cannot be read"))?;
    if parsed.diff_ids != image.diff_ids {
        return Err(broken("its configuration names other layers"));
    }
    let layers = image.diff_ids.iter().map(|id| ready.get(id).cloned());
    let layers = layers
        .collect::<Option<_>>()
        .ok_or_else(|| broken("a layer of the image is not in it"))?;
    Ok(Ready {
        role: image.wanted.role,
        reference,
        config,
        layers,
    })
}

fn config_path(dir: &Path, id: &Digest) -> PathBuf {
    dir.join(format!("{}.config.json", id.hex()))
}

fn kept_config(dir: &Path, image: &Known) -> Option<Vec<u8>> {
    let id = image.id?;
    let bytes = std::fs::read(config_path(dir, &id)).ok()?;
    (Digest::of(&bytes) == id).then_some(bytes)
}

/// Keeping is a convenience: without it the next build asks the engine again.
fn keep_config(dir: &Path, config: &[u8]) {
    let _unkept = std::fs::write(config_path(dir, &Digest::of(config)), config);
}
