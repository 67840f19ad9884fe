//! A bundle on a disk whose signature holds, for looking anywhere in it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use license::trust::Trust;

use crate::medium::Medium;
use crate::progress::Progress;
use crate::survey::{Survey, survey};
use crate::{Digest, EntryName, Error, Manifest, header, volumes};

/// A bundle with a manifest that is the signer's. What is behind the head may still be damaged.
pub struct Held {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub medium: Box<dyn Medium>,
    /// What the signer promises.
    pub manifest: Manifest,
    /// The digest of `bundle.json` as it stands there: which bundle it is. A manifest that is written
    /// again may lack what a later minor version put in.
    pub bundle: Digest,
    /// Where the body begins.
    pub head: u64,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Held {
    /// Opens it; all volumes of a set must be in one folder, and of copies of the head one is enough.
    ///
    /// # Errors
    /// [`Error`] when it is not there, not signed by those who are trusted, or a volume is missing.
    pub fn open(path: &Path, trust: &Trust) -> Result<Self, Error> {
        let bundle = volumes::held(path, trust)?;
        Ok(Self {
            path: path.to_owned(),
            medium: volumes::medium(path, &bundle, false)?,
            manifest: bundle.manifest().clone(),
            bundle: Digest::of(bundle.manifest_bytes()),
            head: bundle.head_size(),
        })
    }

    /// Compares all of it with what was promised.
    ///
    /// # Errors
    /// When the size of the medium cannot be had.
    pub fn survey(&self, progress: &mut dyn Progress) -> io::Result<Survey> {
        survey(self.medium.as_ref(), &self.manifest, self.head, progress)
    }

    /// The content of a member that is carried. It is not checked: compare its digest.
    #[must_use]
    pub fn open_member(&self, name: &EntryName) -> Option<Content<'_>> {
        let mut at = self.head;
        for member in &self.manifest.members {
            let start = at + header::BLOCK as u64;
            at += header::space(member.size);
            if member.name == *name {
                return Some(Content {
                    medium: self.medium.as_ref(),
                    at: start,
                    left: member.size,
                });
            }
        }
        None
    }

    /// The content of a blob that is carried.
    #[must_use]
    pub fn open_blob(&self, digest: &Digest) -> Option<Content<'_>> {
        self.open_member(&EntryName::blob(digest))
    }

    /// What a survey found, a line for each place.
    #[must_use]
    pub fn describe(&self, survey: &Survey) -> Vec<String> {
        survey.describe(&self.manifest, self.medium.as_ref())
    }
}

/// The bytes of one member, unchecked.
pub struct Content<'a> {
    medium: &'a dyn Medium,
    at: u64,
    left: u64,
}

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("at", &self.at)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let wanted = buffer.get_mut(..most).unwrap_or_default();
        let count = self.medium.read_at(wanted, self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
