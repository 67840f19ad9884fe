//! What goes into a bundle.

use std::io;
use std::path::PathBuf;

use license::root::Carried;

use crate::delta::{Delta, Patch};
use crate::digest::HashingWriter;
use crate::manifest::{Blob, FORMAT, MEDIA_TYPE, OS, PRODUCT};
use crate::name::BadName;
use crate::variable::Variable;
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

/// How a layer gets to the server.
#[derive(Clone, Debug)]
pub enum LayerContent {
    /// Carried: the file with its frame.
    Carried(PathBuf),
    /// The server has it; only in a delta.
    Kept,
    /// Made on the server; only in a delta.
    Patched(PatchFile),
}

/// Instructions that make a content from one that the server has.
#[derive(Clone, Debug)]
pub struct PatchFile {
    /// Where the instructions are.
    pub path: PathBuf,
    /// The content that the server has.
    pub base: Digest,
    /// Its size in bytes.
    pub base_size: u64,
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

/// A manifest, and every member that it promises, in order.
pub(super) type LaidOut = (Manifest, Vec<(Member, Content)>);

/// A bundle in the making.
#[derive(Debug)]
pub struct Draft {
    release: Release,
    images: Vec<Image>,
    migrations: Vec<Migration>,
    variables: Vec<Variable>,
    blobs: Vec<(Member, Content)>,
    patches: Vec<(Member, Content)>,
    files: Vec<(Member, Content)>,
    delta: Option<Delta>,
    pub(super) roots: Option<Carried>,
}

impl Draft {
    /// An empty bundle.
    #[must_use]
    pub const fn new(release: Release) -> Self {
        Self {
            release,
            images: Vec::new(),
            migrations: Vec::new(),
            variables: Vec::new(),
            blobs: Vec::new(),
            patches: Vec::new(),
            files: Vec::new(),
            delta: None,
            roots: None,
        }
    }

    /// A bundle that carries only what the release `base` lacks.
    #[must_use]
    pub fn delta(release: Release, base: &str) -> Self {
        Self {
            delta: Some(Delta {
                base: base.to_owned(),
                layers: Vec::new(),
                files: Vec::new(),
                patches: Vec::new(),
            }),
            ..Self::new(release)
        }
    }

    /// The same, with the chain of roots that its signers belong to.
    #[must_use]
    pub fn with_roots(mut self, roots: Carried) -> Self {
        self.roots = Some(roots);
        self
    }

    /// The processor that it is made for.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.release.architecture
    }

    /// The release that has to be installed, for a delta.
    #[must_use]
    pub fn base(&self) -> Option<&str> {
        self.delta.as_ref().map(|delta| delta.base.as_str())
    }

    /// Adds an image: its configuration, and how its layers get to the server.
    ///
    /// # Errors
    /// When instructions cannot be read.
    pub fn add_image(
        &mut self,
        role: Role,
        reference: &str,
        config: Vec<u8>,
        layers: Vec<(Layer, LayerContent)>,
    ) -> io::Result<()> {
        let plain: Vec<Layer> = layers.iter().map(|(layer, _)| *layer).collect();
        for (layer, content) in layers {
            match (content, &mut self.delta) {
                (LayerContent::Carried(path), _) => {
                    self.add_blob(layer.digest, layer.size, Content::File(path));
                }
                (LayerContent::Kept, Some(delta)) => {
                    if !delta.layers.contains(&layer.diff_id) {
                        delta.layers.push(layer.diff_id);
                    }
                }
                (LayerContent::Patched(file), Some(_)) => {
                    self.add_patch(layer.diff_id, layer.uncompressed_size, file)?;
                }
                (LayerContent::Kept | LayerContent::Patched(_), None) => {
                    return Err(io::Error::other("a complete bundle carries every layer"));
                }
            }
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
        Ok(())
    }

    /// Instructions that make `target`; a content is made once.
    fn add_patch(&mut self, target: Digest, size: u64, file: PatchFile) -> io::Result<()> {
        let Some(delta) = &mut self.delta else {
            return Err(io::Error::other("a complete bundle holds no patches"));
        };
        if delta.patches.iter().any(|patch| patch.target == target) {
            return Ok(());
        }
        let patch = Patch {
            target,
            size,
            base: file.base,
            base_size: file.base_size,
        };
        let (sha256, size) = digest_of_file(&file.path)?;
        let member = Member {
            name: patch.member(),
            size,
            sha256,
            mode: header::PLAIN_MODE,
        };
        delta.patches.push(patch);
        self.patches.push((member, Content::File(file.path)));
        Ok(())
    }

    /// Names a file of the release that a delta does not carry: the server has it, or makes it.
    ///
    /// # Errors
    /// When this is no delta, or instructions cannot be read.
    pub fn leave_file(&mut self, member: Member, patch: Option<PatchFile>) -> io::Result<()> {
        let (target, size) = (member.sha256, member.size);
        let delta = self.delta.as_mut();
        let delta =
            delta.ok_or_else(|| io::Error::other("a complete bundle carries every file"))?;
        delta.files.push(member);
        patch.map_or(Ok(()), |patch| self.add_patch(target, size, patch))
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
    /// As [`file_member`].
    pub fn add_file(&mut self, path: &str, mode: u32, content: Content) -> io::Result<()> {
        let member = file_member(path, mode, &content)?;
        self.files.push((member, content));
        Ok(())
    }

    /// Names a migration that the app carries.
    pub fn add_migration(&mut self, migration: Migration) {
        self.migrations.push(migration);
    }

    /// Names a variable that the release reads.
    pub fn add_variable(&mut self, variable: Variable) {
        self.variables.push(variable);
    }

    /// Every member in order, and the manifest that promises them; the ranges are still to come.
    pub(super) fn lay_out(self) -> LaidOut {
        let Self {
            release,
            images,
            mut migrations,
            mut variables,
            blobs,
            mut patches,
            mut files,
            mut delta,
            roots: _,
        } = self;
        patches.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        if let Some(delta) = &mut delta {
            delta.layers.sort_unstable();
            delta.files.sort_by(|a, b| a.name.cmp(&b.name));
            delta.patches.sort_by_key(|patch| patch.target);
        }
        files.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        migrations.sort_by_key(|migration| migration.version);
        variables.sort();
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
        // A delta lacks layers, so it is no layout that other tools could use.
        let mut members = match delta {
            Some(_) => Vec::new(),
            None => vec![
                document("oci-layout", oci::LAYOUT),
                document("index.json", &index),
            ],
        };
        members.extend(blobs);
        members.extend(patches);
        members.extend(files);
        let sums: String = members
            .iter()
            .map(|(member, _)| format!("{}  {}\n", member.sha256.hex(), member.name))
            .collect();
        members.insert(0, document("SHA256SUMS", sums.as_bytes()));
        let manifest = Manifest {
            media_type: MEDIA_TYPE.to_owned(),
            format: FORMAT.to_owned(),
            product: PRODUCT.to_owned(),
            version: release.version,
            release_counter: release.counter,
            created: release.created,
            os: OS.to_owned(),
            architecture: release.architecture,
            upgrade_from: release.upgrade_from,
            minimum_installer: env!("CARGO_PKG_VERSION").to_owned(),
            images,
            migrations,
            variables,
            members: members.iter().map(|(member, _)| member.clone()).collect(),
            ranges: Vec::new(),
            delta,
        };
        (manifest, members)
    }
}

/// What a bundle promises of a file below `files/`.
///
/// # Errors
/// When the path is no acceptable name, or the content cannot be read.
pub fn file_member(path: &str, mode: u32, content: &Content) -> io::Result<Member> {
    let name = EntryName::new(format!("files/{path}"))
        .map_err(|error: BadName| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let (sha256, size) = match content {
        Content::Bytes(bytes) => (Digest::of(bytes), bytes.len() as u64),
        Content::File(path) => digest_of_file(path)?,
    };
    Ok(Member {
        name,
        size,
        sha256,
        mode,
    })
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
