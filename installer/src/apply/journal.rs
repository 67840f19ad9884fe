//! The journal: what was begun and what was done, one JSON line each, synced before the work goes
//! on. A run that broke off is known by its open end; the next one takes over what the first found
//! before it, so that undoing goes all the way back.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::before::Before;
use crate::error::Error;
use crate::layout::Layout;
use crate::steps::Step;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Line {
    Run { version: String, before: Before },
    Begin { step: Step },
    Done { step: Step },
    Undone { step: Step },
    Finished,
}

/// The journal of a run.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    pub(super) fn open(layout: &Layout, before: &Before, version: &str) -> Result<Self, Error> {
        let path = layout.journal();
        let file = File::options()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::file("cannot write", &path))?;
        let mut journal = Self { file, path };
        journal.note(&Line::Run {
            version: version.to_owned(),
            before: before.clone(),
        })?;
        Ok(journal)
    }

    pub(super) fn begin(&mut self, step: Step) -> Result<(), Error> {
        self.note(&Line::Begin { step })
    }

    pub(super) fn end(&mut self, step: Step) -> Result<(), Error> {
        self.note(&Line::Done { step })
    }

    pub(super) fn undone(&mut self, step: Step) -> Result<(), Error> {
        self.note(&Line::Undone { step })
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.note(&Line::Finished)
    }

    fn note(&mut self, line: &Line) -> Result<(), Error> {
        let mut write = || -> std::io::Result<()> {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            self.file.write_all(&text)?;
            self.file.sync_data()
        };
        write().map_err(Error::file("cannot write", &self.path))
    }
}

/// What runs that broke off have left to be finished or undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unfinished {
    /// What the first of them found.
    pub(crate) before: Before,
    /// The steps that they began.
    pub(crate) begun: Vec<Step>,
}

/// Reads what is open. A line that was cut off in a crash is the end.
pub(crate) fn unfinished(layout: &Layout) -> Option<Unfinished> {
    let file = File::open(layout.journal()).ok()?;
    let mut open: Option<Unfinished> = None;
    for line in BufReader::new(file).lines().map_while(Result::ok) {
        let Ok(line) = serde_json::from_str(&line) else {
            break;
        };
        match (line, &mut open) {
            // Runs after one that broke off inherit what it found.
            (Line::Run { before, .. }, None) => {
                let begun = Vec::new();
                open = Some(Unfinished { before, begun });
            }
            (Line::Begin { step }, Some(open)) => open.begun.push(step),
            (Line::Undone { step }, Some(open)) => open.begun.retain(|begun| *begun != step),
            (Line::Finished, _) => open = None,
            _ => {}
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::{Journal, Unfinished, unfinished};
    use crate::before::Before;
    use crate::layout::Layout;
    use crate::steps::Step;

    #[test]
    fn a_run_that_broke_off_hands_on_what_it_found() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        assert_eq!(unfinished(&layout), None);
        let first = Before {
            files: ["secrets".to_owned()].into(),
            ..Before::default()
        };
        let mut journal = Journal::open(&layout, &first, "1.0.0").unwrap();
        journal.begin(Step::Receive).unwrap();
        drop(journal);
        let expected = Some(Unfinished {
            before: first,
            begun: vec![Step::Receive],
        });
        assert_eq!(unfinished(&layout), expected);

        let mut second = Journal::open(&layout, &Before::default(), "1.0.0").unwrap();
        assert_eq!(unfinished(&layout), expected);
        second.begin(Step::Files).unwrap();
        second.undone(Step::Files).unwrap();
        assert_eq!(unfinished(&layout), expected);
        second.finish().unwrap();
        assert_eq!(unfinished(&layout), None);
    }

    #[test]
    fn a_line_that_was_cut_off_is_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        drop(Journal::open(&layout, &Before::default(), "1.0.0").unwrap());
        let mut text = std::fs::read(layout.journal()).unwrap();
        text.extend_from_slice(b"{\"event\":\"fini");
        std::fs::write(layout.journal(), text).unwrap();
        assert!(unfinished(&layout).is_some());
    }
}
