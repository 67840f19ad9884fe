//! Where images come from.

mod archive;
mod engine;
mod export;
mod layers;
mod path;
mod plain;
mod registry;
mod store;

pub(crate) use layers::{Layers, records_of};

use std::convert::Infallible;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;

use console::Console;
use offline::oci::read as oci;
use offline::{Layer, Role};

use crate::error::Error;

/// Where images are to be taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The container engine.
    Engine,
    /// The registries that the images' names lead to.
    Registry,
    /// An OCI image layout, or what `docker save` wrote.
    Path(PathBuf),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "engine" => Self::Engine,
            "registry" => Self::Registry,
            path => Self::Path(path.into()),
        })
    }
}

/// Gets the images, their layers compressed.
pub(crate) fn collect(
    source: &Source,
    host: &str,
    wanted: &[Wanted],
    layers: Layers,
    console: &Console,
) -> Result<Collected, Error> {
    match source {
        Source::Engine => engine::collect(host, wanted, layers, console),
        Source::Registry => registry::collect(wanted, &layers, console),
        Source::Path(path) => path::collect(path, wanted, &layers, console),
    }
}

/// An image that goes into the bundle.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// What it is for.
    pub(crate) role: Role,
    /// Its name and tag.
    pub(crate) reference: String,
}

/// An image whose layers lie compressed on the disk.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) role: Role,
    pub(crate) reference: String,
    /// The configuration, byte for byte; its digest is the image's id.
    pub(crate) config: Vec<u8>,
    /// The layers, lowest first.
    pub(crate) layers: Vec<(Layer, PathBuf)>,
}

/// All images of a bundle.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) architecture: String,
    pub(crate) images: Vec<Ready>,
}

/// The processor of this host, as OCI names it.
fn host_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Puts an image together from its configuration and its layers, which `open` gives by their place,
/// compressed or not. Layers that are kept from an earlier build are not opened.
fn assemble(
    wanted: &Wanted,
    config: Vec<u8>,
    kept: &Layers,
    mut open: impl FnMut(usize) -> io::Result<Box<dyn Read>>,
) -> Result<(String, Ready), Error> {
    let reference = &wanted.reference;
    let broken = |fact| Error::Export {
        image: reference.clone(),
        fact,
    };
    let broke = |source| Error::Pull {
        image: reference.clone(),
        source,
    };
    let parsed = oci::config(&config).map_err(|_| broken("its configuration cannot be read"))?;
    if parsed.os != "linux" {
        return Err(Error::Platform(reference.clone()));
    }
    let mut layers = Vec::new();
    for (place, diff_id) in parsed.diff_ids.into_iter().enumerate() {
        if let Some(found) = kept.kept(&diff_id) {
            layers.push(found);
            continue;
        }
        let file = open(place).and_then(plain::unpack).map_err(broke)?;
        let size = file.metadata().map_err(broke)?.len();
        let taken = kept.take(file, size, &[diff_id].into()).map_err(broke)?;
        layers.push(taken.ok_or_else(|| broken("a layer is not the one that it names"))?);
    }
    let ready = Ready {
        role: wanted.role,
        reference: reference.clone(),
        config,
        layers,
    };
    Ok((parsed.architecture, ready))
}

/// Images of one bundle are for one processor.
fn one_architecture(images: Vec<(String, Ready)>) -> Result<Collected, Error> {
    let architecture = images.first().map(|(found, _)| found.clone());
    let architecture = architecture.unwrap_or_default();
    if let Some((_, other)) = images.iter().find(|(found, _)| *found != architecture) {
        return Err(Error::Platform(other.reference.clone()));
    }
    Ok(Collected {
        architecture,
        images: images.into_iter().map(|(_, image)| image).collect(),
    })
}

/// A reference with the tag that is meant when none is given.
pub(crate) fn with_tag(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains(':') {
        reference.to_owned()
    } else {
        format!("{reference}:latest")
    }
}

#[cfg(test)]
mod tests {
    use super::with_tag;

    #[test]
    fn a_missing_tag_is_latest() {
        assert_eq!(with_tag("postgres"), "postgres:latest");
        assert_eq!(with_tag("postgres:16"), "postgres:16");
        assert_eq!(with_tag("host:5000/a/b"), "host:5000/a/b:latest");
    }
}
