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

#[cfg(test)]
mod tests {
    use super::{image_manifest, index};
    use crate::manifest::Blob;
    use crate::{Digest, Layer};

    /// As offline/FORMAT.md writes them down.
    #[test]
    fn the_documents_are_canonical_to_the_byte() {
        let digest = Digest::of(b"x");
        let layer = Layer {
            digest,
            size: 2,
            diff_id: Digest::of(b"y"),
            uncompressed_size: 3,
        };
        let manifest = image_manifest(Blob { digest, size: 1 }, &[layer]);
        let of = "application/vnd.oci.image.";
        assert_eq!(
            String::from_utf8(manifest).unwrap(),
            format!(
                r#"{{"config":{{"digest":"{digest}","mediaType":"{of}config.v1+json","size":1}},"layers":[{{"digest":"{digest}","mediaType":"{of}layer.v1.tar+zstd","size":2}}],"mediaType":"{of}manifest.v1+json","schemaVersion":2}}"#
            )
        );
        assert_eq!(
            String::from_utf8(index(&[("a:1", digest, 4)], "arm64")).unwrap(),
            format!(
                r#"{{"manifests":[{{"annotations":{{"org.opencontainers.image.ref.name":"a:1"}},"digest":"{digest}","mediaType":"{of}manifest.v1+json","platform":{{"architecture":"arm64","os":"linux"}},"size":4}}],"mediaType":"{of}index.v1+json","schemaVersion":2}}"#
            )
        );
    }
}
