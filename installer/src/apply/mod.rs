//! Doing it: step by step, noted before and after, and undone when a step fails.

mod interrupt;
mod journal;
mod lock;

use crate::error::Error;
use crate::files::remove;
use crate::layout::Layout;
use crate::steps::{Step, Work};

pub(crate) use journal::{Before, unfinished};
pub(crate) use lock::Lock;

use interrupt::Interrupt;
use journal::Journal;

/// Runs the plan to its end; or ends with the server as it was before.
pub(crate) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let mut journal = Journal::open(&work.layout, &work.before, &work.plan.version)?;
    let mut interrupt = Interrupt::listen()?;
    let mut begun = Vec::new();
    for step in work.plan.steps.clone() {
        journal.begin(step)?;
        begun.push(step);
        let done = tokio::select! {
            done = step.apply(work) => done,
            () = interrupt.arrives() => Err(Error::Interrupted),
        };
        match done {
            Ok(()) => journal.end(step)?,
            Err(error) => return Err(fail(work, journal, begun, error).await),
        }
    }
    journal.finish()
}

/// Undoes what was begun. An interruption after the first step leaves everything for the next run
/// instead: whoever interrupts wants to stop now.
async fn fail(work: &mut Work<'_>, mut journal: Journal, begun: Vec<Step>, cause: Error) -> Error {
    if matches!(cause, Error::Interrupted) && begun.len() > 1 {
        return cause;
    }
    let changed = begun.len() > 1;
    if changed {
        work.console.say("It failed; putting everything back …");
    }
    let mut left = Vec::new();
    for step in begun.into_iter().rev() {
        match step.undo(work).await {
            // What cannot be noted any more will be found by looking.
            Ok(()) => drop(journal.undone(step)),
            Err(error) => left.push(format!("{}: {error}", step.name())),
        }
    }
    if !left.is_empty() {
        return Error::NeedsHands {
            left,
            source: Box::new(cause),
        };
    }
    drop(journal);
    match clear(&work.layout, &work.before) {
        Ok(()) if changed => Error::RolledBack(Box::new(cause)),
        Ok(()) => cause,
        Err(error) => Error::NeedsHands {
            left: vec![error.to_string()],
            source: Box::new(cause),
        },
    }
}

/// Removes what an undone installation leaves: its journal, and its folder if it made it.
fn clear(layout: &Layout, before: &Before) -> Result<(), Error> {
    let journal = layout.journal();
    if !before.had("journal.jsonl") {
        remove(&journal).map_err(Error::file("cannot remove", &journal))?;
    }
    Ok(())
}
