//! Doing it: step by step, noted before and after, and undone when a step fails.

mod evidence;
mod fault;
mod interrupt;
mod journal;
mod lock;
mod recovery;

use crate::error::{Error, Left, in_words};
use crate::files::{remove, remove_empty};
use crate::state;
use crate::steps::{Bench, Kind, Site, Step, by_hand, reserve};

pub(crate) use evidence::Evidence;
pub(crate) use fault::{When, reach};
pub(crate) use journal::{Journal, Run, Unfinished, unfinished};
pub(crate) use lock::Lock;
pub(crate) use recovery::{Recovery, decide};

use recovery::{Way, next};

use interrupt::Interrupt;

/// Runs the plan to its end; or ends with the server as it was before.
pub(crate) async fn apply(work: &mut impl Bench) -> Result<(), Error> {
    let mut journal = Journal::open(&work.site().layout, &work.site().run)?;
    reserve::keep_headroom(&work.site().layout);
    let mut interrupt = Interrupt::listen()?;
    let kind = work.site().run.kind;
    let mut settled = Vec::new();
    while let Some(step) = next(kind, Way::Forward, work.begun(), &settled) {
        let noted = journal.begin(step);
        if noted.is_ok() && !work.begun().contains(&step) {
            work.begun().push(step);
        }
        let done = match noted {
            Ok(()) => tokio::select! {
                done = one(work, step) => done,
                () = interrupt.arrives() => Err(Error::Interrupted),
            },
            Err(error) => Err(error),
        };
        match done.and_then(|()| journal.end(step)) {
            Ok(()) => settled.push(step),
            Err(error) => return Err(fail(work, journal, error).await),
        }
        reach(When::Done, step)?;
    }
    journal.finish()?;
    forget_originals(work.site())
}

async fn one(work: &mut impl Bench, step: Step) -> Result<(), Error> {
    reach(When::Begin, step)?;
    work.step(step).await?;
    reach(When::End, step)
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
    match turn_back(site, &begun, changed, journal).await {
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

/// Undoes the steps that were begun, the last first, and proves it where what serves was changed; what
/// could not be done is returned in words.
pub(crate) async fn turn_back(
    site: &Site<'_>,
    begun: &[Step],
    cut_over: bool,
    mut journal: Journal,
) -> Result<Option<Evidence>, Left> {
    // From here on there is one way only, whoever goes it: a run that breaks off is continued.
    reserve::free_headroom(&site.layout);
    let mut left = Left::default();
    if let Err(error) = journal.turn_back() {
        left.facts.push(error.to_string());
    }
    undo_all(site, begun, &mut journal, &mut left).await;
    let proof = site.run.kind != Kind::Install && cut_over;
    if proof && left.facts.is_empty() && !begun.contains(&Step::Stop) {
        // An earlier run came this far, and may have found that something else runs.
        if let Err(error) = Step::Stop.undo(site).await {
            left.facts.push(in_words(&error));
            left.commands.extend(by_hand(Step::Stop, site));
        }
    }
    let mut evidence = None;
    if proof && left.facts.is_empty() {
        match Evidence::gather(site).await {
            Ok(found) => {
                site.console.say(&found.to_string());
                drop(journal.proved(&found));
                evidence = Some(found);
            }
            Err(missing) => left.facts.extend(missing),
        }
    }
    if left.facts.is_empty()
        && let Err(error) = close(site, journal)
    {
        left.facts.push(error.to_string());
    }
    if left.facts.is_empty() {
        Ok(evidence)
    } else {
        Err(left)
    }
}

/// Goes back until a step cannot be undone.
async fn undo_all(site: &Site<'_>, begun: &[Step], journal: &mut Journal, left: &mut Left) {
    let mut settled = Vec::new();
    while let Some(step) = next(site.run.kind, Way::Back, begun, &settled) {
        settled.push(step);
        match undo(site, step).await {
            Ok(()) => {
                // What cannot be noted any more will be found by looking.
                drop(journal.undone(step));
                drop(reach(When::Undone, step));
            }
            // Nothing that comes after may be tried: the old database, say, must not be put back
            // under an app that could not be stopped and would migrate it.
            Err(error) => {
                left.facts
                    .push(format!("{}: {}", step.name(), in_words(&error)));
                left.commands.extend(by_hand(step, site));
                while let Some(step) = next(site.run.kind, Way::Back, begun, &settled) {
                    settled.push(step);
                    if step.cuts_over() {
                        left.facts.push(format!("{}: not tried yet", step.name()));
                    }
                    left.commands.extend(by_hand(step, site));
                }
            }
        }
    }
}

async fn undo(site: &Site<'_>, step: Step) -> Result<(), Error> {
    reach(When::Undo, step)?;
    step.undo(site).await?;
    reach(When::UndoEnd, step)
}

/// Everything is undone: nothing is open any more, and a journal that was not there goes.
fn close(site: &Site<'_>, journal: Journal) -> Result<(), Error> {
    journal.finish()?;
    forget_originals(site)?;
    if !site.run.before.had("journal.jsonl") {
        let path = site.layout.journal();
        remove(&path).map_err(Error::file("cannot remove", &path))?;
    }
    if site.run.before.had("headroom") {
        reserve::keep_headroom(&site.layout);
    }
    // A run that was killed left the folder for us to find, not the operator.
    remove_empty(&site.run.before.made);
    Ok(())
}

/// All but those that there is a way back with.
fn forget_originals(site: &Site<'_>) -> Result<(), Error> {
    let previous = state::read(&site.layout)?.and_then(|state| state.previous);
    site.forget_originals(previous.as_ref().map(|previous| previous.run.as_str()))
}
