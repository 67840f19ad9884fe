//! Doing it: step by step, noted before and after, and undone when a step fails.

mod evidence;
mod interrupt;
mod journal;
mod lock;
mod recovery;

use crate::error::Error;
use crate::files::{remove, remove_empty};
use crate::steps::{Bench, Kind, Site, Step};

pub(crate) use evidence::Evidence;
pub(crate) use journal::{Journal, Run, Unfinished, unfinished};
pub(crate) use lock::Lock;
pub(crate) use recovery::{Recovery, decide};

use interrupt::Interrupt;

/// Runs the plan to its end; or ends with the server as it was before.
pub(crate) async fn apply(work: &mut impl Bench) -> Result<(), Error> {
    let mut journal = Journal::open(&work.site().layout, &work.site().run)?;
    let mut interrupt = Interrupt::listen()?;
    for step in work.site().run.kind.steps().iter().copied() {
        journal.begin(step)?;
        if !work.begun().contains(&step) {
            work.begun().push(step);
        }
        let done = tokio::select! {
            done = work.step(step) => done,
            () = interrupt.arrives() => Err(Error::Interrupted),
        };
        match done {
            Ok(()) => journal.end(step)?,
            Err(error) => return Err(fail(work, journal, error).await),
        }
    }
    journal.finish()?;
    forget_originals(work.site())
}

/// Undoes everything that was begun, by this run and by earlier ones that broke off. An interrupted
/// installation leaves everything for the next run instead: whoever interrupts wants to stop now. An
/// interrupted upgrade is undone, because nobody could sign in until then.
async fn fail(work: &mut impl Bench, journal: Journal, cause: Error) -> Error {
    let begun = work.begun().clone();
    let site = work.site();
    let changed = begun.iter().any(|step| step.cuts_over());
    let stays = site.run.kind == Kind::Install && matches!(cause, Error::Interrupted);
    if changed && stays {
        return cause;
    }
    if changed {
        site.console.say("It failed; putting everything back …");
    }
    match turn_back(site, &begun, journal).await {
        Err(left) => Error::NeedsHands {
            left,
            source: Box::new(cause),
        },
        Ok(evidence) if changed => Error::RolledBack {
            evidence: evidence.map(Box::new),
            source: Box::new(cause),
        },
        Ok(_) => cause,
    }
}

/// Undoes the steps that were begun, the last first, and proves it; what could not be done is
/// returned in words.
pub(crate) async fn turn_back(
    site: &Site<'_>,
    begun: &[Step],
    mut journal: Journal,
) -> Result<Option<Evidence>, Vec<String>> {
    // From here on there is one way only, whoever goes it: a run that breaks off is continued.
    let mut left = Vec::new();
    if let Err(error) = journal.turn_back() {
        left.push(error.to_string());
    }
    let steps = site.run.kind.steps().iter().rev();
    for step in steps.copied().filter(|step| begun.contains(step)) {
        match step.undo(site).await {
            // What cannot be noted any more will be found by looking.
            Ok(()) => drop(journal.undone(step)),
            Err(error) => left.push(format!("{}: {}", step.name(), chain(&error))),
        }
    }
    let cut_over = begun.iter().any(|step| step.cuts_over());
    let evidence = if site.run.kind != Kind::Install && cut_over && left.is_empty() {
        match Evidence::gather(site).await {
            Ok(evidence) => {
                site.console.say(&evidence.to_string());
                drop(journal.proved(&evidence));
                Some(evidence)
            }
            Err(missing) => {
                left.extend(missing);
                None
            }
        }
    } else {
        None
    };
    if left.is_empty()
        && let Err(error) = close(site, journal)
    {
        left.push(error.to_string());
    }
    if left.is_empty() {
        Ok(evidence)
    } else {
        Err(left)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// Everything is undone: nothing is open any more, and a journal that was not there goes.
fn close(site: &Site<'_>, journal: Journal) -> Result<(), Error> {
    journal.finish()?;
    forget_originals(site)?;
    if !site.run.before.had("journal.jsonl") {
        let path = site.layout.journal();
        remove(&path).map_err(Error::file("cannot remove", &path))?;
    }
    // A run that was killed left the folder for us to find, not the operator.
    remove_empty(&site.run.before.made);
    Ok(())
}

fn forget_originals(site: &Site<'_>) -> Result<(), Error> {
    let originals = &site.originals();
    remove(originals).map_err(Error::file("cannot remove", originals))
}
