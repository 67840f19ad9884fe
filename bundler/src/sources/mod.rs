//! Where images come from.

mod archive;
pub(crate) mod engine;
mod layers;

pub(crate) use layers::Layers;

use std::path::PathBuf;

use offline::{Layer, Role};

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
