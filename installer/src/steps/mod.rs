//! The steps of an installation. Each can be done, done again, and undone.

mod commit;
mod environment;
mod files;
mod license;
pub(crate) mod ready;
mod receive;
mod secrets;
mod start;

use std::collections::BTreeMap;
use std::path::PathBuf;

use ::license::root::Carried;
use console::Console;
use offline::Manifest;
use serde::{Deserialize, Serialize};

use crate::before::Before;
use crate::bundle::Opened;
use crate::choices::Choices;
use crate::compose::Compose;
use crate::engine::Engine;
use crate::error::Error;
use crate::files::{folder, place, remove};
use crate::kept::Kept;
use crate::layout::Layout;
use crate::licence::Checked;
use crate::plan::Plan;

pub(crate) use receive::image_name;
pub(crate) use secrets::SECRETS;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Images into the engine under staging names, files into `releases/`.
    Receive,
    /// The files that containers mount.
    Files,
    /// Secrets that are missing.
    Secrets,
    /// The licence.
    License,
    /// `.env`.
    Environment,
    /// `docker compose up`.
    Start,
    /// Waiting until the server says it is ready.
    Ready,
    /// Names for the images, and the record.
    Commit,
}

impl Step {
    /// All of them in order.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Receive,
        Self::Files,
        Self::Secrets,
        Self::License,
        Self::Environment,
        Self::Start,
        Self::Ready,
        Self::Commit,
    ];

    /// Does it, or what of it is still to be done.
    pub(crate) async fn apply(self, work: &mut Work<'_>) -> Result<(), Error> {
        match self {
            Self::Receive => receive::apply(work).await,
            Self::Files => files::apply(work),
            Self::Secrets => secrets::apply(work),
            Self::License => license::apply(work),
            Self::Environment => environment::apply(work),
            Self::Start => start::apply(work).await,
            Self::Ready => ready::apply(work).await,
            Self::Commit => commit::apply(work).await,
        }
    }

    /// Undoes it, as far as it was begun in this installation.
    pub(crate) async fn undo(self, work: &mut Work<'_>) -> Result<(), Error> {
        match self {
            Self::Receive => receive::undo(work).await,
            Self::Files => files::undo(work),
            Self::Secrets => secrets::undo(work),
            Self::License => license::undo(work),
            Self::Environment => environment::undo(work),
            Self::Start => start::undo(work).await,
            Self::Ready => Ok(()),
            Self::Commit => commit::undo(work).await,
        }
    }

    /// What it is called where somebody has to finish by hand.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Receive => "images and files",
            Self::Files => "files",
            Self::Secrets => "secrets",
            Self::License => "licence",
            Self::Environment => ".env",
            Self::Start => "containers",
            Self::Ready => "readiness",
            Self::Commit => "names of the images and state.json",
        }
    }
}

/// Everything that the steps work with.
pub(crate) struct Work<'a> {
    pub(crate) console: &'a Console,
    pub(crate) layout: Layout,
    pub(crate) engine: Engine,
    pub(crate) compose: Compose,
    pub(crate) choices: Choices,
    pub(crate) plan: Plan,
    pub(crate) manifest: Manifest,
    /// Who signed it.
    pub(crate) signers: Vec<String>,
    /// The roots to be kept with it.
    pub(crate) roots: Option<Carried>,
    pub(crate) license: Checked,
    pub(crate) now: time::OffsetDateTime,
    /// What was there before this installation began, in this run or in one that broke off.
    pub(crate) before: Before,
    /// The bundle, until it was read.
    pub(crate) bundle: Option<Opened>,
    /// What the server has of the installed release.
    pub(crate) kept: Kept,
    /// Image ids by service, once they are in the engine.
    pub(crate) images: BTreeMap<String, String>,
    /// The steps that were begun, by this run and by earlier ones that broke off.
    pub(crate) begun: Vec<Step>,
}

impl Work<'_> {
    /// Keeps a file as it was before the installation began, so that it can be put back, after a
    /// crash as well. What an earlier run kept is the older truth.
    pub(crate) fn remember(&self, name: &str) -> Result<(), Error> {
        let (path, kept) = (self.layout.dir().join(name), self.original(name));
        if !self.before.had(name) || kept.exists() {
            return Ok(());
        }
        folder(&self.layout.originals(), 0o700, None)?;
        let bytes = std::fs::read(&path).map_err(Error::file("cannot read", &path))?;
        place(&kept, &bytes, 0o600, None)
    }

    /// Puts a file back as it was, or removes it if there was none.
    pub(crate) fn put_back(&self, name: &str, mode: u32, owner: Option<u32>) -> Result<(), Error> {
        let (path, kept) = (self.layout.dir().join(name), self.original(name));
        if !self.before.had(name) {
            return remove(&path).map_err(Error::file("cannot remove", &path));
        }
        // What was not kept was not changed.
        match std::fs::read(&kept) {
            Ok(bytes) => place(&path, &bytes, mode, owner),
            Err(_) => Ok(()),
        }
    }

    fn original(&self, name: &str) -> PathBuf {
        self.layout.originals().join(name.replace('/', "__"))
    }
}
