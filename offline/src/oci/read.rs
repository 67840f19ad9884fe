//! Finding an image in somebody else's store: an OCI image layout, or what `docker save` wrote.
//!
//! Everything here was written by a stranger, and says no more than where to look: what is found is
//! known by its digest. Three things are not left to the stranger: how long a search takes, which
//! blobs of a layout are asked for, and what a document is. One that could be read as a manifest and
//! as an index is neither (CVE-2021-41190).

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::REFERENCE;
use crate::{Digest, EntryName, limits};

/// The name that containerd gives to an image.
const NAME: &str = "io.containerd.image.name";
/// How often an index may lead to another document, as multi-platform images do.
pub const HOPS: usize = 4;

/// Why a document does not lead to an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Misled {
    /// It is no JSON of the expected shape.
    #[error("a document of the store cannot be read")]
    Json(#[from] serde_json::Error),
    /// It breaks a rule.
    #[error("{0}")]
    Rule(&'static str),
}

impl From<Misled> for io::Error {
    fn from(misled: Misled) -> Self {
        Self::new(io::ErrorKind::InvalidData, misled)
    }
}

/// Where an image's parts are in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The name of the configuration.
    pub config: String,
    /// The names of the layers, lowest first.
    pub layers: Vec<String>,
}

/// What matters of an image's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The system it is for.
    pub os: String,
    /// The processor it is for, as OCI names it.
    pub architecture: String,
    /// The digests of the layers' plain bytes, lowest first.
    pub diff_ids: Vec<Digest>,
}

/// One image of the list that `docker save` writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// What it is called.
    pub names: Vec<String>,
    /// Where it is.
    pub parts: Parts,
}

/// Where a document of a layout leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To an image.
    Image(Parts),
    /// To another document.
    Next(Digest),
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
}

/// A manifest or an index.
#[derive(Deserialize)]
struct Document {
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
}

/// One entry of `manifest.json` (Docker image specification 1.2).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

/// Looks for an image by its name, in a layout first, then in a list of `docker save`. `read` gives a
/// small blob of the store by its name, at most so many bytes of it.
///
/// # Errors
/// When a document is damaged or leads nowhere, and what `read` fails with.
pub fn find(
    reference: &str,
    architecture: &str,
    mut read: impl FnMut(&str, u64) -> io::Result<Option<Vec<u8>>>,
) -> io::Result<Option<Parts>> {
    if let Some(index) = read("index.json", limits::MANIFEST)?
        && let Some(digest) = named(&index, reference)?
    {
        return follow(digest, architecture, read).map(Some);
    }
    let Some(list) = read("manifest.json", limits::MANIFEST)? else {
        return Ok(None);
    };
    let found = saved(&list)?
        .into_iter()
        .find(|image| image.names.iter().any(|name| same(name, reference)));
    Ok(found.map(|image| image.parts))
}

/// Follows an index to the image for a processor.
fn follow(
    mut digest: Digest,
    architecture: &str,
    mut read: impl FnMut(&str, u64) -> io::Result<Option<Vec<u8>>>,
) -> io::Result<Parts> {
    for _ in 0..HOPS {
        let bytes = read(EntryName::blob(&digest).as_str(), limits::MANIFEST)?;
        let bytes = bytes.ok_or(Misled::Rule("a manifest of the index is missing"))?;
        if Digest::of(&bytes) != digest {
            return Err(Misled::Rule("a manifest is damaged").into());
        }
        match step(&bytes, architecture)? {
            Step::Image(parts) => return Ok(parts),
            Step::Next(next) => digest = next,
        }
    }
    Err(Misled::Rule("the index leads nowhere").into())
}

/// The document that an index has under a name.
///
/// # Errors
/// [`Misled`] when it is no index, or names no digest.
pub fn named(index: &[u8], reference: &str) -> Result<Option<Digest>, Misled> {
    let is_named = |entry: &&Descriptor| {
        let notes = entry.annotations.iter().flatten();
        notes
            .filter(|(key, _)| [REFERENCE, NAME].contains(&key.as_str()))
            .any(|(_, name)| same(name, reference))
    };
    match parse::<Document>(index)?.kind()? {
        Kind::Index(entries) => entries.iter().find(is_named).map(digest).transpose(),
        Kind::Manifest(..) => Err(Misled::Rule("the index is a manifest")),
    }
}

/// Where a document leads that an index has named.
///
/// # Errors
/// [`Misled`] when it is neither manifest nor index, or has nothing for the processor.
pub fn step(document: &[u8], architecture: &str) -> Result<Step, Misled> {
    let fits = |entry: &&Descriptor| {
        let platform = entry.platform.as_ref();
        platform.is_some_and(|found| found.os == "linux" && found.architecture == architecture)
    };
    match parse::<Document>(document)?.kind()? {
        Kind::Manifest(config, layers) => Ok(Step::Image(Parts {
            config: blob(&config)?,
            layers: layers.iter().map(blob).collect::<Result<_, _>>()?,
        })),
        Kind::Index(entries) => {
            let next = entries.iter().find(fits);
            let none = Misled::Rule("there is no image for linux on this processor");
            digest(next.ok_or(none)?).map(Step::Next)
        }
    }
}

/// The images in the list of `docker save`.
///
/// # Errors
/// [`Misled`] when it is none, or names something outside of the archive.
pub fn saved(list: &[u8]) -> Result<Vec<Saved>, Misled> {
    let image = |entry: Entry| {
        if !is_inside(&entry.config) || !entry.layers.iter().all(|name| is_inside(name)) {
            return Err(Misled::Rule("the list names something outside of it"));
        }
        Ok(Saved {
            names: entry.repo_tags.unwrap_or_default(),
            parts: Parts {
                config: entry.config,
                layers: entry.layers,
            },
        })
    };
    parse::<Vec<Entry>>(list)?.into_iter().map(image).collect()
}

/// What an image's configuration says of its platform and its layers.
///
/// # Errors
/// [`Misled`] when it says nothing of them, or names no digests.
pub fn config(bytes: &[u8]) -> Result<Config, Misled> {
    #[derive(Deserialize)]
    struct Read {
        os: String,
        architecture: String,
        rootfs: Root,
    }
    #[derive(Deserialize)]
    struct Root {
        diff_ids: Vec<Digest>,
    }
    let found: Read = parse(bytes)?;
    Ok(Config {
        os: found.os,
        architecture: found.architecture,
        diff_ids: found.rootfs.diff_ids,
    })
}

/// Whether two names mean the same image on Docker Hub.
fn same(name: &str, reference: &str) -> bool {
    let short = |name: &str| {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        name.strip_prefix("library/").unwrap_or(name).to_owned()
    };
    short(name) == short(reference)
}

/// What a document is, told by what it has: media types are what somebody claims.
enum Kind {
    Manifest(Descriptor, Vec<Descriptor>),
    Index(Vec<Descriptor>),
}

impl Document {
    fn kind(self) -> Result<Kind, Misled> {
        match (self.config, self.layers, self.manifests) {
            (Some(config), Some(layers), None) => Ok(Kind::Manifest(config, layers)),
            (None, None, Some(entries)) => Ok(Kind::Index(entries)),
            _ => Err(Misled::Rule("a document is neither manifest nor index")),
        }
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Misled> {
    if bytes.len() as u64 > limits::MANIFEST {
        return Err(Misled::Rule("a document of the store is too large"));
    }
    Ok(serde_json::from_slice(bytes)?)
}

fn digest(entry: &Descriptor) -> Result<Digest, Misled> {
    let parsed = entry.digest.parse();
    parsed.map_err(|_| Misled::Rule("a digest of the store is none"))
}

fn blob(entry: &Descriptor) -> Result<String, Misled> {
    digest(entry).map(|digest| EntryName::blob(&digest).to_string())
}

/// Names of a list lead to members of the archive, or to files below the folder.
fn is_inside(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.split('/').all(plain) && !name.contains(['\\', '\0'])
}

#[cfg(test)]
mod tests;
