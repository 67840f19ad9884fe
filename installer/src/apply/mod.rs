//! Doing it: step by step, noted before and after, and undone when a step fails.

mod interrupt;
mod journal;
mod lock;

use crate::error::Error;
use crate::files::{remove, remove_empty};
use crate::layout::Layout;
use crate::steps::{Step, Work};

pub(crate) use journal::{Unfinished, unfinished};
pub(crate) use lock::Lock;

use interrupt::Interrupt;
use journal::Journal;

/// Runs the plan to its end; or ends with the server as it was before.
pub(crate) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let mut journal = Journal::open(&work.layout, &work.before, &work.plan.version)?;
    let mut interrupt = Interrupt::listen()?;
    for step in Step::ALL.iter().copied() {
        journal.begin(step)?;
        if !work.begun.contains(&step) {
            work.begun.push(step);
        }
        let done = tokio::select! {
            done = step.apply(work) => done,
            () = interrupt.arrives() => Err(Error::Interrupted),
        };
        match done {
            Ok(()) => journal.end(step)?,
            Err(error) => return Err(fail(work, journal, error).await),
        }
    }
    journal.finish()?;
    forget_originals(&work.layout)
}

/// Undoes everything that was begun, by this run and by earlier ones that broke off. An interruption
/// after the first step leaves everything for the next run instead: whoever interrupts wants to stop
/// now.
async fn fail(work: &mut Work<'_>, mut journal: Journal, cause: Error) -> Error {
    let changed = work.begun.iter().any(|step| *step != Step::Receive);
    if changed && matches!(cause, Error::Interrupted) {
        return cause;
    }
    if changed {
        work.console.say("It failed; putting everything back …");
    }
    let mut left = Vec::new();
    let begun = Step::ALL
        .iter()
        .rev()
        .filter(|step| work.begun.contains(step));
    for step in begun.copied().collect::<Vec<_>>() {
        match step.undo(work).await {
            // What cannot be noted any more will be found by looking.
            Ok(()) => drop(journal.undone(step)),
            Err(error) => left.push(format!("{}: {error}", step.name())),
        }
    }
    if left.is_empty()
        && let Err(error) = close(work, journal)
    {
        left.push(error.to_string());
    }
    if !left.is_empty() {
        return Error::NeedsHands {
            left,
            source: Box::new(cause),
        };
    }
    if changed {
        Error::RolledBack(Box::new(cause))
    } else {
        cause
    }
}

/// Everything is undone: nothing is open any more, and a journal that was not there goes.
fn close(work: &Work<'_>, journal: Journal) -> Result<(), Error> {
    journal.finish()?;
    forget_originals(&work.layout)?;
    if !work.before.had("journal.jsonl") {
        let path = work.layout.journal();
        remove(&path).map_err(Error::file("cannot remove", &path))?;
    }
    // A run that was killed left the folder for us to find, not the operator.
    remove_empty(&work.before.made);
    Ok(())
}

fn forget_originals(layout: &Layout) -> Result<(), Error> {
    let originals = layout.originals();
    remove(&originals).map_err(Error::file("cannot remove", &originals))
}
