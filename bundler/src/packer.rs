//! How contents get into a bundle: whole, as a patch, or not at all because the server has them.

use std::fs::File;
use std::path::{Path, PathBuf};

use offline::patch::{self, Shape};
use offline::write::{Content, Draft, LayerContent, PatchFile, file_member};
use offline::{Digest, Layer, Role};

use crate::basis::{Basis, unpacked};
use crate::error::Error;
use crate::sbom;

/// Patches are made once and carried often.
const LEVEL: i32 = 19;

/// Decides for each content, against the base where there is one.
pub(crate) struct Packer {
    basis: Option<Basis>,
    /// Where instructions lie until the bundle is written.
    scratch: tempfile::TempDir,
}

impl Packer {
    pub(crate) fn new(basis: Option<Basis>, out: &Path) -> Result<Self, Error> {
        let scratch = tempfile::Builder::new().prefix(".patches-").tempdir_in(out);
        Ok(Self {
            basis,
            scratch: scratch.map_err(|source| Error::Output {
                path: out.to_owned(),
                source,
            })?,
        })
    }

    /// A folder for what is only needed until the bundle is written.
    pub(crate) fn dir(&self) -> &Path {
        self.scratch.path()
    }

    /// The release that has to be installed, for a delta.
    pub(crate) fn base(&self) -> Option<&str> {
        self.basis.as_ref().map(|basis| basis.version.as_str())
    }

    /// How the layers of an image travel.
    pub(crate) fn layers(
        &self,
        role: Role,
        layers: Vec<(Layer, PathBuf)>,
    ) -> Result<Vec<(Layer, LayerContent)>, Error> {
        let new: Vec<Digest> = layers.iter().map(|(layer, _)| layer.diff_id).collect();
        let decide = |(place, (layer, path)): (usize, (Layer, PathBuf))| {
            let content = match &self.basis {
                None => LayerContent::Carried(path),
                Some(basis) if basis.has_layer(&layer.diff_id) => LayerContent::Kept,
                Some(basis) => {
                    let old = basis.forerunner(role, place, &new);
                    match self.layer_patch(basis, &layer, &path, old)? {
                        Some(patch) => LayerContent::Patched(patch),
                        None => LayerContent::Carried(path),
                    }
                }
            };
            Ok((layer, content))
        };
        layers.into_iter().enumerate().map(decide).collect()
    }

    /// Instructions for a changed layer, where they are smaller than its frame.
    fn layer_patch(
        &self,
        basis: &Basis,
        layer: &Layer,
        frame: &Path,
        old: Option<Digest>,
    ) -> Result<Option<PatchFile>, Error> {
        let failed = |source| Error::Patch {
            what: layer.diff_id.to_string(),
            source,
        };
        let Some(base) = old else { return Ok(None) };
        let Some(content) = basis.layer_content(&base).map_err(failed)? else {
            return Ok(None);
        };
        let target = unpacked(frame, layer).map_err(failed)?;
        let shapes = Shape::of_tar(&target).and_then(|a| Ok((a, Shape::of_tar(&content)?)));
        let (new_shape, old_shape) = shapes.map_err(failed)?;
        let base_size = content.metadata().map_err(failed)?.len();
        let pair = [(&target, &new_shape), (&content, &old_shape)];
        let made = self.make(&layer.diff_id, pair).map_err(failed)?;
        Ok((made.1 < layer.size).then_some(PatchFile {
            path: made.0,
            base,
            base_size,
        }))
    }

    /// Puts a file of the release into the draft.
    pub(crate) fn file(
        &self,
        draft: &mut Draft,
        name: &str,
        mode: u32,
        path: &Path,
    ) -> std::io::Result<()> {
        let content = Content::File(path.to_owned());
        // Whoever has to let a delta in reads what is in the release from the delta alone.
        let basis = self.basis.as_ref().filter(|_| !sbom::is_document(name));
        let Some(basis) = basis else {
            return draft.add_file(name, mode, content);
        };
        let member = file_member(name, mode, &content)?;
        if basis.has_file(&member.sha256) {
            return draft.leave_file(member, None);
        }
        if let Some(old) = basis.file(&member.name)
            && let Some(base) = basis.file_content(old)?
        {
            let target = File::open(path)?;
            let pair = [
                (&target, &Shape::of_file(member.size)),
                (&base, &Shape::of_file(old.size)),
            ];
            let (path, size) = self.make(&member.sha256, pair)?;
            if size < member.size {
                let (base, base_size) = (old.sha256, old.size);
                let patch = PatchFile {
                    path,
                    base,
                    base_size,
                };
                return draft.leave_file(member, Some(patch));
            }
        }
        draft.add_file(name, mode, content)
    }

    fn make(
        &self,
        target: &Digest,
        [new, old]: [(&File, &Shape); 2],
    ) -> std::io::Result<(PathBuf, u64)> {
        let path = self.scratch.path().join(target.hex());
        let mut out = File::create(&path)?;
        let size = patch::make(new, old, LEVEL, &mut out)?;
        Ok((path, size))
    }
}
