//! The journal: what was begun and what was done, one JSON line each, chained, and synced before the
//! work goes on. A run that broke off is known by its open end; the next one takes over what the
//! first found before it, so that undoing goes all the way back.

mod chain;

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::chain::{Chained, Link};
use super::Evidence;
use crate::before::Before;
use crate::error::Error;
use crate::files::remove;
use crate::layout::Layout;
use crate::steps::{Kind, Step};

/// What a run is about, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) kind: Kind,
    /// Names the run.
    pub(crate) id: String,
    /// The release that it is about.
    pub(crate) version: String,
    /// The Compose project.
    pub(crate) project: String,
    /// What was there before.
    pub(crate) before: Before,
    /// Whether this undoes an upgrade that had ended: every step was begun, and there is one way only.
    #[serde(default)]
    pub(crate) rollback: bool,
}

impl Run {
    /// What is open once the run is noted.
    pub(super) fn opened(self) -> Unfinished {
        let begun = if self.rollback {
            self.kind.steps()
        } else {
            &[]
        };
        Unfinished {
            begun: begun.to_vec(),
            cut_over: self.rollback,
            turned_back: self.rollback,
            run: self,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Line {
    Run(Box<Run>),
    Begin {
        step: Step,
    },
    Done {
        step: Step,
    },
    /// From here on everything is undone.
    TurnedBack,
    Undone {
        step: Step,
    },
    /// What a rollback was proved with.
    Proved {
        evidence: serde_json::Value,
    },
    Finished,
}

/// The journal of a run.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    /// What may be removed where the disk is full.
    headroom: PathBuf,
    last: Link,
}

impl Journal {
    /// Opens it for a run, which is its next line. A line that was cut off in a crash goes: what is
    /// written behind it could not be read.
    ///
    /// # Errors
    /// When it cannot be written, or is not what was written into it.
    pub(crate) fn open(layout: &Layout, run: &Run) -> Result<Self, Error> {
        let path = layout.journal();
        let file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path);
        let mut file = file.map_err(Error::file("cannot write", &path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(Error::file("cannot read", &path))?;
        let found = intact(&bytes, &path)?;
        if found.whole < bytes.len() {
            file.set_len(found.whole as u64)
                .map_err(Error::file("cannot write", &path))?;
        }
        let mut journal = Self {
            file,
            path,
            headroom: layout.headroom(),
            last: found.last,
        };
        journal.note(&Line::Run(Box::new(run.clone())))?;
        Ok(journal)
    }

    pub(crate) fn begin(&mut self, step: Step) -> Result<(), Error> {
        self.note(&Line::Begin { step })
    }

    pub(super) fn end(&mut self, step: Step) -> Result<(), Error> {
        self.note(&Line::Done { step })
    }

    pub(super) fn turn_back(&mut self) -> Result<(), Error> {
        self.note(&Line::TurnedBack)
    }

    pub(super) fn undone(&mut self, step: Step) -> Result<(), Error> {
        self.note(&Line::Undone { step })
    }

    pub(super) fn proved(&mut self, evidence: &Evidence) -> Result<(), Error> {
        let evidence = serde_json::to_value(evidence).unwrap_or_default();
        self.note(&Line::Proved { evidence })
    }

    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.note(&Line::Finished)
    }

    /// A disk that is full must not keep it from being noted how far things are.
    fn note(&mut self, line: &Line) -> Result<(), Error> {
        let written = match self.write(line) {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                remove(&self.headroom).and_then(|()| self.write(line))
            }
            other => other,
        };
        written.map_err(Error::file("cannot write", &self.path))
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let (text, link) = chain::write(self.last, line)?;
        let whole = self.file.metadata()?.len();
        let written = self.file.write_all(&text);
        if let Err(error) = written.and_then(|()| self.file.sync_data()) {
            // Half a line, or one that may not be there tomorrow, would be in the way of the next.
            self.file.set_len(whole)?;
            return Err(error);
        }
        self.last = link;
        Ok(())
    }
}

fn intact(bytes: &[u8], path: &Path) -> Result<Chained, Error> {
    chain::read(bytes).map_err(|line| Error::Journal {
        path: path.to_owned(),
        line,
    })
}

/// What runs that broke off have left to be finished or undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unfinished {
    /// The first of them.
    pub(crate) run: Run,
    /// The steps that they began and that are not undone.
    pub(crate) begun: Vec<Step>,
    /// Whether they changed what serves: that it is as before has to be proved then, however far a run
    /// that broke off had undone it.
    pub(crate) cut_over: bool,
    /// Whether undoing had begun.
    pub(crate) turned_back: bool,
}

/// Reads what is open. A line that was cut off in a crash is the end.
///
/// # Errors
/// When the journal is not what was written into it.
pub(crate) fn unfinished(layout: &Layout) -> Result<Option<Unfinished>, Error> {
    let path = layout.journal();
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file("cannot read", &path)(error)),
    };
    let mut open: Option<Unfinished> = None;
    for body in intact(&bytes, &path)?.bodies {
        // A later release may write lines that this one does not know.
        let Ok(line) = serde_json::from_str(&body) else {
            continue;
        };
        match (line, &mut open) {
            // Runs after one that broke off inherit what it found.
            (Line::Run(run), None) => {
                open = Some(run.opened());
            }
            (Line::Begin { step }, Some(open)) => {
                open.cut_over |= step.cuts_over();
                open.begun.push(step);
            }
            (Line::TurnedBack, Some(open)) => open.turned_back = true,
            (Line::Undone { step }, Some(open)) => open.begun.retain(|begun| *begun != step),
            (Line::Finished, _) => open = None,
            _ => {}
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::{Journal, Run, Unfinished, unfinished};
    use crate::before::Before;
    use crate::error::Error;
    use crate::layout::Layout;
    use crate::steps::Step;

    #[test]
    fn a_run_that_broke_off_hands_on_what_it_found() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        assert_eq!(unfinished(&layout).unwrap(), None);
        let first = Run {
            version: "1.0.0".into(),
            before: Before {
                files: ["secrets".to_owned()].into(),
                ..Before::default()
            },
            ..Run::default()
        };
        let mut journal = Journal::open(&layout, &first).unwrap();
        journal.begin(Step::Receive).unwrap();
        drop(journal);
        let mut expected = Some(Unfinished {
            run: first,
            begun: vec![Step::Receive],
            cut_over: false,
            turned_back: false,
        });
        assert_eq!(unfinished(&layout).unwrap(), expected);

        let mut second = Journal::open(&layout, &Run::default()).unwrap();
        assert_eq!(unfinished(&layout).unwrap(), expected);
        second.begin(Step::Files).unwrap();
        second.turn_back().unwrap();
        second.undone(Step::Files).unwrap();
        if let Some(open) = &mut expected {
            open.turned_back = true;
            open.cut_over = true;
        }
        assert_eq!(unfinished(&layout).unwrap(), expected);
        second.finish().unwrap();
        assert_eq!(unfinished(&layout).unwrap(), None);
    }

    #[test]
    fn a_line_that_was_cut_off_is_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        drop(Journal::open(&layout, &Run::default()).unwrap());
        let mut text = std::fs::read(layout.journal()).unwrap();
        text.extend_from_slice(b"{\"event\":\"fini");
        std::fs::write(layout.journal(), text).unwrap();
        assert!(unfinished(&layout).unwrap().is_some());
        let journal = Journal::open(&layout, &Run::default()).unwrap();
        journal.finish().unwrap();
        assert_eq!(unfinished(&layout).unwrap(), None);
    }

    #[test]
    fn a_journal_that_was_edited_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        let mut journal = Journal::open(&layout, &Run::default()).unwrap();
        journal.begin(Step::Branch).unwrap();
        journal.begin(Step::Files).unwrap();
        let text = std::fs::read_to_string(layout.journal()).unwrap();
        std::fs::write(layout.journal(), text.replace("branch", "receive")).unwrap();
        for refused in [
            unfinished(&layout).map(drop),
            Journal::open(&layout, &Run::default()).map(drop),
        ] {
            assert!(matches!(refused, Err(Error::Journal { line: 2, .. })));
        }
    }
}
