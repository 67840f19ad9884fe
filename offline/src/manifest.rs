//! What a bundle promises: everything that comes after the signature.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delta::{Delta, Origin};
use crate::error::Kind;
use crate::head::RESERVED;
use crate::variable::{self, Variable};
use crate::version::is_version;
use crate::{Digest, EntryName, header, limits, ranges};

/// What the manifest is, and what its signature is good for.
pub const MEDIA_TYPE: &str = "application/vnd.vaultterm.bundle+json";
/// The format this library writes; it reads every minor version of the same major one.
pub const FORMAT: &str = "1.0";

/// The one product, operating system and processors that there are.
pub(crate) const PRODUCT: &str = "vaultterm";
pub(crate) const OS: &str = "linux";
const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// The signed manifest. Unknown fields of a later minor version are kept in the bytes and ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`MEDIA_TYPE`].
    pub media_type: String,
    /// `major.minor`.
    pub format: String,
    /// `vaultterm`.
    pub product: String,
    /// The release.
    pub version: String,
    /// Rises with every release; a lower one is a step back.
    pub release_counter: u64,
    /// When it was built, in seconds since 1970.
    pub created: u64,
    /// `linux`.
    pub os: String,
    /// `amd64` or `arm64`, as OCI names them.
    pub architecture: String,
    /// The releases it may upgrade; empty means any earlier one.
    pub upgrade_from: Vec<String>,
    /// The oldest installer that understands it.
    pub minimum_installer: String,
    /// The images.
    pub images: Vec<Image>,
    /// The migrations its app carries.
    pub migrations: Vec<Migration>,
    /// The variables of its `.env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Every member after the signature, in order.
    pub members: Vec<Member>,
    /// One digest for each range of the body, see [`crate::ranges`].
    pub ranges: Vec<Digest>,
    /// What a delta leaves out; absent in a bundle that is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<Delta>,
}

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The server.
    App,
    /// PostgreSQL.
    Db,
    /// Redis.
    Cache,
}

impl Role {
    /// The service's name in the Compose file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Db => "db",
            Self::Cache => "cache",
        }
    }
}

/// One image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// What it is for.
    pub role: Role,
    /// Its name and tag.
    pub reference: String,
    /// The OCI manifest.
    pub manifest: Blob,
    /// The configuration; its digest is the image's id.
    pub config: Blob,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
}

/// A blob by digest and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// One layer: a zstd frame around a tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// The digest of the frame.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of the tar.
    pub diff_id: Digest,
    /// The tar's size in bytes.
    pub uncompressed_size: u64,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Its number.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// The digest of its SQL.
    pub sha256: Digest,
}

/// One member of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: EntryName,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Digest,
    /// Its mode.
    pub mode: u32,
}

impl Manifest {
    /// The canonical bytes: sorted keys, no spaces, no floats.
    ///
    /// # Errors
    /// Never for a manifest that can be built.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        // serde_json's map is sorted.
        serde_json::to_vec(&serde_json::to_value(self)?)
    }

    /// Reads a manifest whose signature holds.
    ///
    /// # Errors
    /// [`Kind`] names the rule that it breaks.
    pub fn parse(bytes: &[u8]) -> Result<Self, Kind> {
        let value: Value = serde_json::from_slice(bytes).map_err(Kind::Manifest)?;
        if serde_json::to_vec(&value).map_err(Kind::Manifest)? != bytes || has_fraction(&value) {
            return Err(Kind::NotCanonical);
        }
        let major = |text: &str| text.split('.').next().map(str::to_owned);
        let format = value
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if major(format) != major(FORMAT) {
            let found = format
                .chars()
                .filter(|c| !c.is_control())
                .take(20)
                .collect();
            return Err(Kind::Format {
                found,
                known: FORMAT,
            });
        }
        let manifest: Self = serde_json::from_value(value).map_err(Kind::Manifest)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The signed comment that binds a signature to this manifest.
    #[must_use]
    pub fn trusted_comment(&self, bytes: &[u8]) -> String {
        format!("{} {} {}", self.product, self.version, Digest::of(bytes))
    }

    /// The images' layers, each once, in the order of the archive.
    #[must_use]
    pub fn layer(&self, digest: &Digest) -> Option<(&Image, &Layer)> {
        self.images.iter().find_map(|image| {
            image
                .layers
                .iter()
                .find(|layer| layer.digest == *digest)
                .map(|layer| (image, layer))
        })
    }

    /// The bytes of all members together.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.members
            .iter()
            .fold(0, |sum, member| sum.saturating_add(member.size))
    }

    /// The bytes of everything behind the head: members with their headers and padding, and the end
    /// of the archive.
    #[must_use]
    pub fn body_size(&self) -> u64 {
        let end = header::END.len() as u64;
        self.members.iter().fold(end, |sum, member| {
            sum.saturating_add(header::space(member.size))
        })
    }

    /// The bytes of all layers once they are decompressed, shared ones counted once.
    #[must_use]
    pub fn uncompressed_size(&self) -> u64 {
        let mut seen = BTreeSet::new();
        let layers = self.images.iter().flat_map(|image| &image.layers);
        layers
            .filter(|layer| seen.insert(layer.diff_id))
            .fold(0, |sum, layer| sum.saturating_add(layer.uncompressed_size))
    }

    /// Rules that no signature excuses.
    fn check(&self) -> Result<(), Kind> {
        self.check_release()?;
        self.check_members()?;
        if self.ranges.len() as u64 != self.body_size().div_ceil(ranges::RANGE) {
            return Err(broken("its ranges do not cover the body"));
        }
        variable::check(&self.variables)?;
        self.check_images()?;
        self.check_delta()
    }

    /// What the release is, and what it is called: texts that become names of files.
    fn check_release(&self) -> Result<(), Kind> {
        if self.media_type != MEDIA_TYPE {
            return Err(broken("it is signed for another purpose"));
        }
        if self.product != PRODUCT {
            return Err(broken("it is of another product"));
        }
        if self.os != OS || !ARCHITECTURES.contains(&self.architecture.as_str()) {
            return Err(broken("it is for no system that there is"));
        }
        let base = self.delta.iter().map(|delta| &delta.base);
        let mut versions = [&self.version, &self.minimum_installer]
            .into_iter()
            .chain(&self.upgrade_from)
            .chain(base);
        if self.upgrade_from.len() > limits::MEMBERS || !versions.all(|text| is_version(text)) {
            return Err(broken("a version is no version"));
        }
        Ok(())
    }

    fn check_members(&self) -> Result<(), Kind> {
        if self.members.len() > limits::MEMBERS {
            return Err(broken("it has too many members"));
        }
        let mut names = BTreeSet::new();
        for member in &self.members {
            let name = member.name.as_str();
            let plain = name.to_ascii_lowercase();
            if RESERVED.contains(&plain.as_str()) {
                return Err(broken(format!("{name} is no name of a promised member")));
            }
            if !names.insert(plain) {
                return Err(broken(format!("{name} comes twice")));
            }
            if member.size > limits::MEMBER_SIZE || member.mode & !0o777 != 0 {
                return Err(broken(format!("{name} has an impossible size or mode")));
            }
            if name
                .strip_prefix("blobs/sha256/")
                .is_some_and(|hex| hex != member.sha256.hex())
            {
                return Err(broken(format!("{name} is not named by its digest")));
            }
        }
        Ok(())
    }

    fn check_images(&self) -> Result<(), Kind> {
        let mut roles = BTreeSet::new();
        for image in &self.images {
            if !roles.insert(image.role) {
                return Err(broken(format!("two images are {}", image.role.as_str())));
            }
            let carried = image
                .layers
                .iter()
                .filter(|layer| self.layer_origin(&layer.diff_id) == Origin::Carried);
            let layers = carried.map(|layer| (layer.digest, layer.size));
            let json = [image.config, image.manifest].map(|blob| (blob.digest, blob.size));
            for (digest, size) in layers.chain(json) {
                let name = EntryName::blob(&digest);
                if !self
                    .members
                    .iter()
                    .any(|member| member.name == name && member.size == size)
                {
                    return Err(broken(format!("{name} is missing")));
                }
            }
            if image
                .layers
                .iter()
                .any(|layer| layer.uncompressed_size > limits::LAYER_SIZE)
                || json.iter().any(|(_, size)| *size > limits::IMAGE_JSON)
            {
                let role = image.role.as_str();
                return Err(broken(format!("{role} has an impossible size")));
            }
        }
        Ok(())
    }
}

fn broken(words: impl Into<String>) -> Kind {
    Kind::Inconsistent(words.into())
}

/// Whether a number anywhere in it is not whole. What it is compared with cannot tell: 1.5 is written
/// again as it was.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => !(number.is_u64() || number.is_i64()),
        Value::Array(values) => values.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
