//! A bundle on a disk whose signature holds, for looking anywhere in it.

use std::path::{Path, PathBuf};

use license::minisign::PublicKey;

use crate::medium::Medium;
use crate::progress::Progress;
use crate::survey::{Survey, survey};
use crate::{Error, Manifest, read, volumes};

/// A bundle with a manifest that is the signer's. What is behind the head may still be damaged.
pub struct Held {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub medium: Box<dyn Medium>,
    /// What the signer promises.
    pub manifest: Manifest,
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
    /// Opens it; all volumes of a set must be in one folder.
    ///
    /// # Errors
    /// [`Error`] when it is not there, not signed by one of `keys`, or a volume is missing.
    pub fn open(path: &Path, keys: &[PublicKey]) -> Result<Self, Error> {
        let nobody = Box::new(|_: u32, _: &Path| None);
        let stream = volumes::open(path, nobody)?;
        let bundle = read::open(stream.reader)?.verify(keys)?;
        Ok(Self {
            path: path.to_owned(),
            medium: volumes::medium(path, false)?,
            manifest: bundle.manifest().clone(),
            head: bundle.head_size(),
        })
    }

    /// Compares all of it with what was promised.
    ///
    /// # Errors
    /// When the size of the medium cannot be had.
    pub fn survey(&self, progress: &mut dyn Progress) -> std::io::Result<Survey> {
        survey(self.medium.as_ref(), &self.manifest, self.head, progress)
    }

    /// What a survey found, a line for each place.
    #[must_use]
    pub fn describe(&self, survey: &Survey) -> Vec<String> {
        survey.describe(&self.manifest, self.medium.as_ref())
    }
}
