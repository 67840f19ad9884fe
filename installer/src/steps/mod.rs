//! The steps of an installation and of an upgrade. Each can be done, done again, and undone.

pub(crate) mod aside;
mod backup;
mod branch;
mod by_hand;
mod commit;
mod environment;
mod files;
mod license;
pub(crate) mod ready;
mod receive;
pub(crate) mod reserve;
mod restore;
mod secrets;
mod start;
mod stop;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::license::root::Carried;
use console::Console;
use offline::{Manifest, Variable};
use serde::{Deserialize, Serialize};

use crate::apply::Run;
use crate::backup::{Entry, Sealing};
use crate::bundle::Opened;
use crate::choices::Choices;
use crate::compose::Compose;
use crate::engine::{Container, Engine};
use crate::error::Error;
use crate::files::{folder, place, remove, remove_empty};
use crate::kept::Kept;
use crate::layout::Layout;
use crate::licence::Checked;
use crate::plan::{Plan, Rooms};
use crate::state::State;

pub(crate) use by_hand::by_hand;
pub(crate) use commit::settle;
pub(crate) use receive::image_name;
pub(crate) use restore::Restoring;
pub(crate) use secrets::SECRETS;

/// What a run is for. It decides which steps there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A first installation, or what is missing of one.
    #[default]
    Install,
    /// From an installed release to a later one.
    Upgrade,
    /// From what is stored to what a backup holds.
    Restore,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Room on the disks for all that comes.
    Reserve,
    /// Images into the engine under staging names, files into `releases/`.
    Receive,
    /// A backup, proved in a scratch database, and the migrations rehearsed there.
    Backup,
    /// The app stops: from here on, the server is away.
    Stop,
    /// The database is put aside, and a clone takes its place.
    Branch,
    /// The database is put aside, and what a backup holds takes its place.
    Replace,
    /// The master key that the backup was made with.
    MasterKey,
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
    /// The record of a restore.
    Record,
}

impl Kind {
    /// Its steps in order.
    pub(crate) const fn steps(self) -> &'static [Step] {
        match self {
            Self::Install => &[
                Step::Receive,
                Step::Files,
                Step::Secrets,
                Step::License,
                Step::Environment,
                Step::Start,
                Step::Ready,
                Step::Commit,
            ],
            Self::Upgrade => &[
                Step::Reserve,
                Step::Receive,
                Step::Backup,
                Step::Stop,
                Step::Branch,
                Step::Files,
                Step::Secrets,
                Step::License,
                Step::Environment,
                Step::Start,
                Step::Ready,
                Step::Commit,
            ],
            Self::Restore => &[
                Step::Stop,
                Step::Replace,
                Step::MasterKey,
                Step::Start,
                Step::Ready,
                Step::Record,
            ],
        }
    }

    /// The last step: once its record is written, the run has reached its end.
    pub(crate) const fn last(self) -> Step {
        match self {
            Self::Install | Self::Upgrade => Step::Commit,
            Self::Restore => Step::Record,
        }
    }
}

impl Step {
    /// Does it, or what of it is still to be done.
    pub(crate) async fn apply(self, work: &mut Work<'_>) -> Result<(), Error> {
        match self {
            Self::Reserve => reserve::apply(work).await,
            Self::Receive => {
                reserve::give(work, |room| room.rehearse + room.cut_over).await?;
                receive::apply(work).await
            }
            Self::Backup => {
                reserve::give(work, |room| room.cut_over).await?;
                backup::apply(work).await
            }
            Self::Stop => {
                stop::apply(&work.site).await?;
                if let Some(upgrade) = &mut work.upgrade {
                    upgrade.stopped = Some(Instant::now());
                }
                Ok(())
            }
            // Steps of a restore, which has another bench to work at.
            Self::Replace | Self::MasterKey | Self::Record => Ok(()),
            Self::Branch => {
                reserve::undo(&work.site).await?;
                branch::apply(work).await
            }
            Self::Files => files::apply(work),
            Self::Secrets => secrets::apply(work),
            Self::License => license::apply(work),
            Self::Environment => environment::apply(work),
            Self::Start => start::apply(&work.site).await,
            Self::Ready => ready::apply(work).await,
            Self::Commit => commit::apply(work).await,
        }
    }

    /// Undoes it, as far as it was begun.
    pub(crate) async fn undo(self, site: &Site<'_>) -> Result<(), Error> {
        match self {
            Self::Reserve => reserve::undo(site).await,
            Self::Backup => backup::undo(site).await,
            Self::Ready => Ok(()),
            Self::Receive => receive::undo(site).await,
            Self::Stop => stop::undo(site).await,
            Self::Branch | Self::Replace => branch::undo(site).await,
            Self::MasterKey => restore::undo_master_key(site),
            Self::Files => files::undo(site),
            Self::Secrets => secrets::undo(site),
            Self::License => license::undo(site),
            Self::Environment => environment::undo(site),
            Self::Start => start::undo(site).await,
            Self::Commit | Self::Record => commit::undo(site),
        }
    }

    /// Whether it changes what serves. Steps that do not are undone in silence.
    pub(crate) const fn cuts_over(self) -> bool {
        !matches!(self, Self::Reserve | Self::Backup | Self::Receive)
    }

    /// What it is called where somebody has to finish by hand.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Reserve => "room",
            Self::Backup => "backup and rehearsal",
            Self::Receive => "images and files",
            Self::Stop => "the app",
            Self::Branch | Self::Replace => "database",
            Self::MasterKey => "master key",
            Self::Files => "files",
            Self::Secrets => "secrets",
            Self::License => "licence",
            Self::Environment => ".env",
            Self::Start => "containers",
            Self::Ready => "readiness",
            Self::Commit | Self::Record => "state.json",
        }
    }
}

/// Where a run works, and what it found there: all that undoing needs.
pub(crate) struct Site<'a> {
    pub(crate) console: &'a Console,
    pub(crate) layout: Layout,
    pub(crate) engine: Engine,
    pub(crate) compose: Compose,
    pub(crate) run: Run,
    /// How long the app may take until it is ready.
    pub(crate) patience: Duration,
}

/// Everything that the steps work with.
pub(crate) struct Work<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) choices: Choices,
    pub(crate) plan: Plan,
    pub(crate) manifest: Manifest,
    /// Who signed it.
    pub(crate) signers: Vec<String>,
    /// The roots to be kept with it.
    pub(crate) roots: Option<Carried>,
    pub(crate) license: Checked,
    pub(crate) now: time::OffsetDateTime,
    /// The bundle, until it was read.
    pub(crate) bundle: Option<Opened>,
    /// What the server has of the installed release.
    pub(crate) kept: Kept,
    /// The variables that the installed release reads.
    pub(crate) installed_variables: Vec<Variable>,
    /// Image ids by service, once they are in the engine.
    pub(crate) images: BTreeMap<String, String>,
    /// The steps that were begun, by this run and by earlier ones that broke off.
    pub(crate) begun: Vec<Step>,
    /// What an upgrade needs besides.
    pub(crate) upgrade: Option<Upgrading>,
}

/// Something that steps are done with.
pub(crate) trait Bench {
    /// Where.
    fn site(&self) -> &Site<'_>;
    /// The steps that were begun.
    fn begun(&mut self) -> &mut Vec<Step>;
    /// Does a step.
    async fn step(&mut self, step: Step) -> Result<(), Error>;
}

impl Bench for Work<'_> {
    fn site(&self) -> &Site<'_> {
        &self.site
    }

    fn begun(&mut self) -> &mut Vec<Step> {
        &mut self.begun
    }

    async fn step(&mut self, step: Step) -> Result<(), Error> {
        step.apply(self).await
    }
}

/// What an upgrade has, and an installation has not.
pub(crate) struct Upgrading {
    /// The record of what is installed.
    pub(crate) state: State,
    /// How the backup is encrypted.
    pub(crate) sealing: Arc<Sealing>,
    /// The migrations that the database does not have yet, by number.
    pub(crate) pending: Vec<u32>,
    /// The room that it takes.
    pub(crate) rooms: Rooms,
    /// The backup, once it is made.
    pub(crate) backup: Option<Entry>,
    /// How long the rehearsed migrations took, in milliseconds.
    pub(crate) rehearsed_ms: Option<u64>,
    /// How long nobody could sign in, in milliseconds.
    pub(crate) away_ms: Option<u64>,
    /// When the app stopped.
    pub(crate) stopped: Option<Instant>,
}

impl Site<'_> {
    /// Keeps a file as it was before the run began, so that it can be put back, after a crash as
    /// well. What an earlier run kept is the older truth.
    pub(crate) fn remember(&self, name: &str) -> Result<(), Error> {
        let (path, kept) = (self.layout.dir().join(name), self.original(name));
        if !self.run.before.had(name) || kept.exists() {
            return Ok(());
        }
        self.make_originals()?;
        let bytes = std::fs::read(&path).map_err(Error::file("cannot read", &path))?;
        place(&kept, &bytes, 0o600, None)
    }

    /// Puts a file back as it was, or removes it if there was none.
    pub(crate) fn put_back(&self, name: &str, mode: u32, owner: Option<u32>) -> Result<(), Error> {
        let (path, kept) = (self.layout.dir().join(name), self.original(name));
        if !self.run.before.had(name) {
            return remove(&path).map_err(Error::file("cannot remove", &path));
        }
        // What was not kept was not changed.
        match std::fs::read(&kept) {
            Ok(bytes) => place(&path, &bytes, mode, owner),
            Err(_) => Ok(()),
        }
    }

    fn make_originals(&self) -> Result<(), Error> {
        folder(&self.layout.originals(), 0o700, None)?;
        folder(&self.originals(), 0o700, None)
    }

    /// Where files lie as they were before this run.
    pub(crate) fn originals(&self) -> PathBuf {
        self.layout.originals().join(&self.run.id)
    }

    /// Forgets the originals of every run but one.
    pub(crate) fn forget_originals(&self, but: Option<&str>) -> Result<(), Error> {
        let all = self.layout.originals();
        for entry in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            if but.is_none_or(|run| entry.file_name() != run) {
                let path = entry.path();
                remove(&path).map_err(Error::file("cannot remove", &path))?;
            }
        }
        remove_empty(&[all]);
        Ok(())
    }

    fn original(&self, name: &str) -> PathBuf {
        self.originals().join(name.replace('/', "__"))
    }

    /// The app's container, if there is one.
    pub(crate) async fn app(&self) -> Result<Option<Container>, Error> {
        ready::app(&self.engine, &self.run.project).await
    }
}
