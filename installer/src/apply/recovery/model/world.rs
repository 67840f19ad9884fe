//! What the steps touch, and what they do to it, effect by effect.

use std::collections::VecDeque;

use crate::apply::{Run, Unfinished};
use crate::steps::{Kind, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Release {
    Old,
    New,
}

/// Why a run does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The process is gone.
    Killed,
    /// What was tried went wrong.
    Failed,
}

/// A database: its schema, and a bit for every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Db {
    schema: Release,
    rows: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Env {
    release: Release,
    edits: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    release: Release,
    way_back: Option<u32>,
}

/// The files of one run as they were before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Originals {
    run: u32,
    files: Option<Release>,
    env: Option<Env>,
    record: Option<Record>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Run { id: u32, rollback: bool },
    Begin(Step),
    TurnedBack,
    Undone(Step),
    Finished,
}

/// A server with an installation.
#[derive(Clone, Debug)]
pub(super) struct World {
    record: Record,
    journal: Vec<Line>,
    runs: u32,
    images: bool,
    arriving: bool,
    release: bool,
    files: Release,
    env: Env,
    originals: Vec<Originals>,
    app: Option<Release>,
    serving: Option<Db>,
    /// Whether nobody may connect to the one that serves.
    closed: bool,
    before: Option<(u32, Db)>,
    /// The last one is the newest.
    failed: Vec<(u32, Db)>,
    /// The rows that nobody was told are put aside.
    pub(super) written: u64,
    /// Faults to come: after so many effects each.
    pub(super) stops: VecDeque<(u64, Stop)>,
    /// A step whose undoing is forgotten, to see whether that is found out.
    pub(super) forgets: Option<Step>,
}

impl World {
    pub(super) fn new() -> Self {
        let old = Release::Old;
        Self {
            record: Record {
                release: old,
                way_back: None,
            },
            journal: Vec::new(),
            runs: 0,
            images: false,
            arriving: false,
            release: false,
            files: old,
            env: Env {
                release: old,
                edits: 0,
            },
            originals: Vec::new(),
            app: Some(old),
            serving: Some(Db {
                schema: old,
                rows: 1,
            }),
            closed: false,
            before: None,
            failed: Vec::new(),
            written: 1,
            stops: VecDeque::new(),
            forgets: None,
        }
    }

    pub(super) fn recorded(&self) -> Release {
        self.record.release
    }

    /// The run that led to the installed release, in the shape that the real record has.
    pub(super) fn way_back(&self) -> Option<String> {
        self.record.way_back.map(|run| run.to_string())
    }

    /// Between two effects anything may happen.
    pub(super) fn effect(&mut self) -> Result<(), Stop> {
        match self.stops.front_mut() {
            Some((0, stop)) => {
                let stop = *stop;
                self.stops.pop_front();
                Err(stop)
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn set(&mut self, change: impl FnOnce(&mut Self)) -> Result<(), Stop> {
        self.effect()?;
        change(self);
        Ok(())
    }

    // What people do between runs.

    /// Somebody stores something, where something serves.
    pub(super) fn use_it(&mut self) {
        let row = 1 << (self.written.trailing_ones() % 60);
        if let Some(db) = &mut self.serving
            && !self.closed
            && self.app == Some(db.schema)
        {
            db.rows |= row;
            self.written |= row;
        }
    }

    pub(super) fn edit_env(&mut self) {
        if self.unfinished().is_none() {
            self.env.edits += 1;
        }
    }

    // The journal.

    pub(super) fn unfinished(&self) -> Option<Unfinished> {
        let mut open: Option<Unfinished> = None;
        for line in &self.journal {
            match (line, &mut open) {
                (Line::Run { id, rollback }, None) => {
                    let run = Run {
                        kind: Kind::Upgrade,
                        id: id.to_string(),
                        rollback: *rollback,
                        ..Run::default()
                    };
                    open = Some(run.opened());
                }
                (Line::Begin(step), Some(open)) => open.begun.push(*step),
                (Line::TurnedBack, Some(open)) => open.turned_back = true,
                (Line::Undone(step), Some(open)) => open.begun.retain(|begun| begun != step),
                (Line::Finished, _) => open = None,
                _ => {}
            }
        }
        open
    }

    pub(super) fn begun(&self) -> Vec<Step> {
        self.unfinished().map(|open| open.begun).unwrap_or_default()
    }

    /// The run that is open.
    fn run(&self) -> u32 {
        let open = self.unfinished().expect("an open run");
        open.run.id.parse().expect("a number")
    }

    pub(super) fn open_journal(&mut self, rollback: bool) -> Result<(), Stop> {
        let open = self.unfinished().map(|open| open.run);
        let id = match (&open, rollback) {
            (Some(run), _) => run.id.parse().expect("a number"),
            (None, true) => self.record.way_back.expect("a way back"),
            (None, false) => {
                self.runs += 1;
                self.runs
            }
        };
        let rollback = open.map_or(rollback, |run| run.rollback);
        self.set(|world| {
            if world.journal.last() == Some(&Line::Finished) {
                world.journal.clear();
            }
            world.journal.push(Line::Run { id, rollback });
        })
    }

    pub(super) fn begin(&mut self, step: Step) -> Result<(), Stop> {
        self.set(|world| world.journal.push(Line::Begin(step)))
    }

    pub(super) fn note_turned_back(&mut self) -> Result<(), Stop> {
        self.set(|world| world.journal.push(Line::TurnedBack))
    }

    pub(super) fn note_undone(&mut self, step: Step) -> Result<(), Stop> {
        self.set(|world| world.journal.push(Line::Undone(step)))
    }

    pub(super) fn close_journal(&mut self) -> Result<(), Stop> {
        self.set(|world| world.journal.push(Line::Finished))
    }

    // Files as they were.

    fn kept(&mut self) -> &mut Originals {
        let run = self.run();
        if !self.originals.iter().any(|kept| kept.run == run) {
            self.originals.push(Originals {
                run,
                ..Originals::default()
            });
        }
        let mut all = self.originals.iter_mut();
        all.find(|kept| kept.run == run).expect("just made")
    }

    /// All but those of the way back.
    pub(super) fn forget_originals(&mut self) -> Result<(), Stop> {
        let keep = self.record.way_back;
        self.set(|world| world.originals.retain(|kept| Some(kept.run) == keep))
    }

    // The steps.

    pub(super) fn apply(&mut self, step: Step) -> Result<(), Stop> {
        match step {
            Step::Receive => {
                self.set(|world| world.images = true)?;
                self.set(|world| world.arriving = true)
            }
            Step::Stop => self.set(|world| world.app = None),
            Step::Branch => self.branch(),
            Step::Files => {
                self.set(|world| {
                    world.release |= world.arriving;
                    world.arriving = false;
                })?;
                let files = self.files;
                self.set(|world| {
                    world.kept().files.get_or_insert(files);
                })?;
                self.set(|world| world.files = Release::New)
            }
            Step::Environment => {
                let env = self.env;
                self.set(|world| {
                    world.kept().env.get_or_insert(env);
                })?;
                self.set(|world| world.env.release = Release::New)
            }
            Step::Start => self.up(),
            Step::Ready => {
                assert!(self.serves(Release::New), "what it started: {self:#?}");
                self.effect()
            }
            Step::Commit => {
                let (record, run) = (self.record, self.run());
                self.set(|world| {
                    world.kept().record.get_or_insert(record);
                })?;
                self.set(|world| {
                    world.record = Record {
                        release: Release::New,
                        way_back: Some(run),
                    };
                })?;
                self.settle()
            }
            _ => self.effect(),
        }
    }

    pub(super) fn settle(&mut self) -> Result<(), Stop> {
        self.forget_originals()
    }

    pub(super) fn undo(&mut self, step: Step) -> Result<(), Stop> {
        if self.forgets == Some(step) {
            return Ok(());
        }
        match step {
            Step::Receive => self.set(|world| {
                world.images = false;
                world.arriving = false;
            }),
            Step::Stop => self.up(),
            Step::Branch => self.unbranch(),
            Step::Files => {
                let kept = self.kept().files;
                self.set(|world| world.files = kept.unwrap_or(world.files))?;
                self.set(|world| world.release = false)
            }
            Step::Environment => {
                let kept = self.kept().env;
                self.set(|world| world.env = kept.unwrap_or(world.env))
            }
            Step::Start => self.set(|world| world.app = None),
            Step::Commit => {
                let kept = self.kept().record;
                self.set(|world| world.record = kept.unwrap_or(world.record))
            }
            _ => self.effect(),
        }
    }

    /// Compose starts what `.env` names; the app migrates what it finds, and refuses what is newer.
    fn up(&mut self) -> Result<(), Stop> {
        self.effect()?;
        let release = self.env.release;
        let there = match release {
            Release::Old => true,
            Release::New => self.images,
        };
        match &mut self.serving {
            Some(db) if there && !self.closed && self.files == release => {
                if (db.schema, release) == (Release::New, Release::Old) {
                    return Err(Stop::Failed);
                }
                db.schema = release;
                self.app = Some(release);
                self.effect()
            }
            _ => Err(Stop::Failed),
        }
    }

    fn branch(&mut self) -> Result<(), Stop> {
        let run = self.run();
        self.set(|world| world.record.way_back = None)?;
        self.set(|world| world.originals.retain(|kept| kept.run == run))?;
        self.set(|world| world.before = world.before.filter(|(id, _)| *id == run))?;
        self.set(|world| {
            let older = world.failed.len().saturating_sub(1);
            world.failed.drain(..older);
        })?;
        if self.before.is_none() {
            self.set(|world| world.closed = true)?;
            self.set(|world| {
                world.before = world.serving.take().map(|db| (run, db));
                world.closed = false;
            })?;
        }
        if self.serving.is_none() {
            self.set(|world| world.serving = world.before.map(|(_, db)| db))?;
        }
        Ok(())
    }

    fn unbranch(&mut self) -> Result<(), Stop> {
        let run = self.run();
        if self.before.is_none_or(|(id, _)| id != run) {
            return self.set(|world| world.closed = false);
        }
        if self.serving.is_some() {
            self.set(|world| world.failed.retain(|(id, _)| *id != run))?;
            self.set(|world| world.closed = true)?;
            self.set(|world| {
                world
                    .failed
                    .extend(world.serving.take().map(|db| (run, db)));
                world.closed = false;
            })?;
        }
        self.set(|world| world.serving = world.before.take().map(|(_, db)| db))
    }

    // What has to hold.

    /// Whether a release runs on what is its own.
    pub(super) fn serves(&self, release: Release) -> bool {
        self.app == Some(release)
            && !self.closed
            && self.serving.is_some_and(|db| db.schema == release)
    }

    /// Exactly one release: record, files, variables, app, schema; and nothing lies about.
    pub(super) fn assert_whole(&self, release: Release) {
        let new = release == Release::New;
        assert!(self.serves(release), "it does not serve: {self:#?}");
        assert_eq!(self.record.release, release, "{self:#?}");
        assert_eq!((self.files, self.env.release), (release, release));
        assert_eq!((self.images, self.release), (new, new), "{self:#?}");
        assert!(!self.arriving && self.unfinished().is_none(), "{self:#?}");
        assert_eq!(self.before.is_some(), new, "a way back: {self:#?}");
        if let Some(db) = self.serving.filter(|_| new) {
            assert_eq!(db.rows & self.written, self.written, "{self:#?}");
        }
    }

    /// Whether every row is somewhere.
    pub(super) fn has_all(&self, rows: u64) -> bool {
        let aside = self.before.iter().chain(&self.failed);
        let all = aside
            .map(|(_, db)| db.rows)
            .chain(self.serving.map(|db| db.rows));
        all.fold(0, |all, more| all | more) & rows == rows
    }

    /// A report named what is put aside: from here on it counts no more.
    pub(super) fn told(&mut self) {
        if let Some(db) = self.serving {
            self.written &= db.rows;
        }
    }
}
