//! The OCI image layout inside a bundle, for other people's tools.
//!
//! Our own reader takes nothing from these documents: it goes by the signed manifest. Where a build
//! takes images out of a layout of somebody else's, [`read`] finds them.

pub mod read;

use serde_json::{Value, json};

use crate::manifest::Blob;
use crate::{Digest, Layer};

/// The content of `oci-layout`.
pub const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
const REFERENCE: &str = "org.opencontainers.image.ref.name";

/// The manifest of one image.
#[must_use]
pub fn image_manifest(config: Blob, layers: &[Layer]) -> Vec<u8> {
    let layers: Vec<Value> = layers
        .iter()
        .map(|layer| json!({"mediaType": LAYER, "digest": layer.digest, "size": layer.size}))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": config.digest, "size": config.size},
        "layers": layers,
    });
    manifest.to_string().into_bytes()
}

/// The content of `index.json`: reference, digest and size of each image's manifest.
#[must_use]
pub fn index(images: &[(&str, Digest, u64)], architecture: &str) -> Vec<u8> {
    let manifests: Vec<Value> = images
        .iter()
        .map(|(reference, digest, size)| {
            json!({
                "mediaType": MANIFEST,
                "digest": digest,
                "size": size,
                "platform": {"os": "linux", "architecture": architecture},
                "annotations": {REFERENCE: reference},
            })
        })
        .collect();
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
        .to_string()
        .into_bytes()
}
