//! What goes into a bundle.

use std::io;
use std::path::PathBuf;

use crate::digest::HashingWriter;
use crate::manifest::{Blob, FORMAT, MEDIA_TYPE};
use crate::name::BadName;
use crate::{Digest, EntryName, Image, Layer, Manifest, Member, Migration, Role, header, oci};

/// Where the bytes of a member are.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory: small documents.
    Bytes(Vec<u8>),
    /// In a file.
    File(PathBuf),
}

impl Content {
    /// The bytes, from the first on.
    pub(super) fn open(&self) -> io::Result<Box<dyn io::Read + '_>> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(bytes.as_slice()),
            Self::File(path) => Box::new(std::fs::File::open(path)?),
        })
    }
}

/// What a release is called and made for.
#[derive(Clone, Debug)]
pub struct Release {
    /// The release.
    pub version: String,
    /// Rises with every release.
    pub counter: u64,
    /// When it was built, in seconds since 1970.
    pub created: u64,
    /// `amd64` or `arm64`.
    pub architecture: String,
    /// The releases it may upgrade; empty means any earlier one.
    pub upgrade_from: Vec<String>,
}

/// A bundle in the making.
#[derive(Debug)]
pub struct Draft {
    release: Release,
    images: Vec<Image>,
    migrations: Vec<Migration>,
    blobs: Vec<(Member, Content)>,
    files: Vec<(Member, Content)>,
}

impl Draft {
    /// An empty bundle.
    #[must_use]
    pub const fn new(release: Release) -> Self {
        Self {
            release,
            images: Vec::new(),
            migrations: Vec::new(),
            blobs: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The processor that it is made for.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.release.architecture
    }

    /// Adds an image: its configuration, and its layers with the files that hold them.
    pub fn add_image(
        &mut self,
        role: Role,
        reference: &str,
        config: Vec<u8>,
        layers: Vec<(Layer, PathBuf)>,
    ) {
        let plain: Vec<Layer> = layers.iter().map(|(layer, _)| *layer).collect();
        for (layer, path) in layers {
            self.add_blob(layer.digest, layer.size, Content::File(path));
        }
        let config_blob = blob_of(&config);
        let manifest = oci::image_manifest(config_blob, &plain);
        let manifest_blob = blob_of(&manifest);
        self.add_blob(config_blob.digest, config_blob.size, Content::Bytes(config));
        self.add_blob(
            manifest_blob.digest,
            manifest_blob.size,
            Content::Bytes(manifest),
        );
        self.images.push(Image {
            role,
            reference: reference.to_owned(),
            manifest: manifest_blob,
            config: config_blob,
            layers: plain,
        });
    }

    /// A blob that two images share comes once.
    fn add_blob(&mut self, digest: Digest, size: u64, content: Content) {
        let name = EntryName::blob(&digest);
        if !self.blobs.iter().any(|(member, _)| member.name == name) {
            let member = Member {
                name,
                size,
                sha256: digest,
                mode: header::PLAIN_MODE,
            };
            self.blobs.push((member, content));
        }
    }

    /// Adds a file below `files/`. Files come in the order of their names.
    ///
    /// # Errors
    /// When the path is no acceptable name, or the content cannot be read.
    pub fn add_file(&mut self, path: &str, mode: u32, content: Content) -> io::Result<()> {
        let name = EntryName::new(format!("files/{path}"))
            .map_err(|error: BadName| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let (sha256, size) = match &content {
            Content::Bytes(bytes) => (Digest::of(bytes), bytes.len() as u64),
            Content::File(path) => digest_of_file(path)?,
        };
        self.files.push((
            Member {
                name,
                size,
                sha256,
                mode,
            },
            content,
        ));
        Ok(())
    }

    /// Names a migration that the app carries.
    pub fn add_migration(&mut self, migration: Migration) {
        self.migrations.push(migration);
    }

    /// Every member in order, and the manifest that promises them; the ranges are still to come.
    pub(super) fn lay_out(self) -> (Manifest, Vec<(Member, Content)>) {
        let Self {
            release,
            images,
            mut migrations,
            blobs,
            mut files,
        } = self;
        files.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        migrations.sort_by_key(|migration| migration.version);
        let references: Vec<(&str, Digest, u64)> = images
            .iter()
            .map(|image| {
                (
                    image.reference.as_str(),
                    image.manifest.digest,
                    image.manifest.size,
                )
            })
            .collect();
        let index = oci::index(&references, &release.architecture);
        let mut members = vec![
            document("oci-layout", oci::LAYOUT),
            document("index.json", &index),
        ];
        members.extend(blobs);
        members.extend(files);
        let sums: String = members
            .iter()
            .map(|(member, _)| format!("{}  {}\n", member.sha256.hex(), member.name))
            .collect();
        members.insert(0, document("SHA256SUMS", sums.as_bytes()));
        let manifest = Manifest {
            media_type: MEDIA_TYPE.to_owned(),
            format: FORMAT.to_owned(),
            product: "vaultterm".to_owned(),
            version: release.version,
            release_counter: release.counter,
            created: release.created,
            os: "linux".to_owned(),
            architecture: release.architecture,
            upgrade_from: release.upgrade_from,
            minimum_installer: env!("CARGO_PKG_VERSION").to_owned(),
            images,
            migrations,
            members: members.iter().map(|(member, _)| member.clone()).collect(),
            ranges: Vec::new(),
        };
        (manifest, members)
    }
}

fn blob_of(bytes: &[u8]) -> Blob {
    Blob {
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
    }
}

/// A small document of the layout. Its name is a constant that is acceptable.
fn document(name: &'static str, bytes: &[u8]) -> (Member, Content) {
    let blob = blob_of(bytes);
    let name = EntryName::new(name).unwrap_or_else(|_| EntryName::blob(&blob.digest));
    let mode = header::PLAIN_MODE;
    let member = Member {
        name,
        size: blob.size,
        sha256: blob.digest,
        mode,
    };
    (member, Content::Bytes(bytes.to_vec()))
}

fn digest_of_file(path: &std::path::Path) -> io::Result<(Digest, u64)> {
    let mut hashing = HashingWriter::new(io::sink());
    io::copy(&mut std::fs::File::open(path)?, &mut hashing)?;
    let (_, digest, size) = hashing.finish();
    Ok((digest, size))
}
