//! A delta: a bundle that carries only what the installed release lacks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::Kind;
use crate::{Digest, EntryName, Manifest, Member, limits};

/// What a delta leaves out, and what it takes from the server instead. All contents are named by the
/// digest of their plain bytes: a layer by its diff ID, a file by its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// The release that has to be installed.
    pub base: String,
    /// Layers that the server has to have.
    pub layers: Vec<Digest>,
    /// Files of this release that are not carried: the server has them, or makes them by a patch.
    pub files: Vec<Member>,
    /// Contents that are made from others.
    pub patches: Vec<Patch>,
}

/// How one content is made from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// What comes out.
    pub target: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What the server has to have.
    pub base: Digest,
    /// Its size in bytes.
    pub base_size: u64,
}

impl Patch {
    /// The member that holds the instructions.
    #[must_use]
    pub fn member(&self) -> EntryName {
        EntryName::patch(&self.target)
    }
}

/// Where a content of a bundle comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// It is carried.
    Carried,
    /// It is made from what the server has.
    Patched(&'a Patch),
    /// The server has it.
    Kept,
}

impl Manifest {
    /// Where a layer comes from, by its diff ID.
    #[must_use]
    pub fn layer_origin(&self, diff_id: &Digest) -> Origin<'_> {
        let Some(delta) = &self.delta else {
            return Origin::Carried;
        };
        if delta.layers.contains(diff_id) {
            return Origin::Kept;
        }
        match self.patch(diff_id) {
            Some(patch) => Origin::Patched(patch),
            None => Origin::Carried,
        }
    }

    /// The patch that makes a content.
    #[must_use]
    pub fn patch(&self, target: &Digest) -> Option<&Patch> {
        let delta = self.delta.as_ref()?;
        delta.patches.iter().find(|patch| patch.target == *target)
    }

    /// The patch that a member holds.
    #[must_use]
    pub fn patch_of_member(&self, member: &EntryName) -> Option<&Patch> {
        let delta = self.delta.as_ref()?;
        delta.patches.iter().find(|patch| patch.member() == *member)
    }

    /// Every file of the release, carried or not.
    pub fn files(&self) -> impl Iterator<Item = &Member> {
        let carried = self
            .members
            .iter()
            .filter(|member| member.name.file_path().is_some());
        carried.chain(self.delta.iter().flat_map(|delta| &delta.files))
    }

    /// The contents that the server has to have: layers by diff ID, files by SHA-256.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<Digest> {
        let Some(delta) = &self.delta else {
            return BTreeSet::new();
        };
        let files = delta.files.iter().map(|file| file.sha256);
        let kept = files.filter(|sha256| self.patch(sha256).is_none());
        let bases = delta.patches.iter().map(|patch| patch.base);
        delta
            .layers
            .iter()
            .copied()
            .chain(kept)
            .chain(bases)
            .collect()
    }

    /// The rules of a delta that no signature excuses.
    pub(crate) fn check_delta(&self) -> Result<(), Kind> {
        let Some(delta) = &self.delta else {
            return Ok(());
        };
        let broken = |words: String| Err(Kind::Inconsistent(words));
        let most = limits::MEMBERS;
        if delta.files.len() > most || delta.patches.len() > most || delta.layers.len() > most {
            return broken("it leaves out too much".to_owned());
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        for file in self.files() {
            if file.name.file_path().is_none()
                || file.size > limits::MEMBER_SIZE
                || file.mode & !0o777 != 0
                || !names.insert(file.name.as_str().to_ascii_lowercase())
            {
                return broken(format!("{} is no file, or comes twice", file.name));
            }
        }
        let mut targets = BTreeSet::new();
        for patch in &delta.patches {
            let member = patch.member();
            let carried = self.members.iter().any(|found| found.name == member);
            let used_by_layer = self
                .images
                .iter()
                .flat_map(|image| &image.layers)
                .any(|layer| {
                    layer.diff_id == patch.target && layer.uncompressed_size == patch.size
                });
            let used_by_file = delta
                .files
                .iter()
                .any(|file| file.sha256 == patch.target && file.size == patch.size);
            let sane = patch.base_size <= limits::LAYER_SIZE && patch.size <= limits::LAYER_SIZE;
            // A content has one use and one origin.
            let one_use = used_by_layer != used_by_file;
            let one_origin = !delta.layers.contains(&patch.target) && targets.insert(patch.target);
            if !(carried && sane && one_use && one_origin) {
                return broken(format!("{member} does not fit"));
            }
        }
        self.check_left_out(delta)
    }

    /// A layer that the server has, or makes, is a layer of this release and is not carried as well.
    fn check_left_out(&self, delta: &Delta) -> Result<(), Kind> {
        let layers = || self.images.iter().flat_map(|image| &image.layers);
        for diff_id in &delta.layers {
            if !layers().any(|layer| layer.diff_id == *diff_id) {
                let words = format!("{diff_id} is no layer of this release");
                return Err(Kind::Inconsistent(words));
            }
        }
        let carried: BTreeSet<&str> = self
            .members
            .iter()
            .map(|member| member.name.as_str())
            .collect();
        for layer in layers() {
            let left_out = self.layer_origin(&layer.diff_id) != Origin::Carried;
            if left_out && carried.contains(EntryName::blob(&layer.digest).as_str()) {
                let words = format!("{} is carried and left out", layer.diff_id);
                return Err(Kind::Inconsistent(words));
            }
        }
        Ok(())
    }
}
