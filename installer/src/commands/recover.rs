//! What a run that broke off has left, before another one begins.

use super::Call;
use super::patience::Patience;
use crate::apply::{self, Evidence, Journal, Lock, Recovery, Run, Unfinished};
use crate::engine::Engine;
use crate::error::Error;
use crate::state;
use crate::steps::{self, Kind, Site};

/// Whether a run of this kind broke off when all that was left was tidying up.
pub(super) fn has_ended(kind: Kind, call: &Call<'_>) -> Result<bool, Error> {
    let Some(open) = apply::unfinished(&call.layout)? else {
        return Ok(false);
    };
    let recorded = state::read(&call.layout)?.and_then(|state| state.previous);
    let recorded = recorded.map(|previous| previous.run);
    let decision = apply::decide(Some(&open), recorded.as_deref());
    Ok(open.run.kind == kind && decision == Recovery::Settle)
}

/// Locks the folder, and ends what broke off there.
pub(super) async fn begin(kind: Kind, call: &Call<'_>) -> Result<Lock, Error> {
    let lock = Lock::take(call.layout.dir())?;
    before(kind, call).await?;
    if call.layout.dir().exists() {
        return Ok(lock);
    }
    // The run that broke off had made the folder, so it went with everything else.
    drop(lock);
    Lock::take(call.layout.dir())
}

/// Ends what broke off, as far as a run of this kind does not go on with it by itself.
pub(super) async fn before(kind: Kind, call: &Call<'_>) -> Result<(), Error> {
    let open = apply::unfinished(&call.layout)?;
    let recorded = state::read(&call.layout)?.and_then(|state| state.previous);
    let recorded = recorded.map(|previous| previous.run);
    match (apply::decide(open.as_ref(), recorded.as_deref()), open) {
        (Recovery::Nothing, _) | (_, None) => Ok(()),
        (Recovery::GoOn, Some(_)) if kind == Kind::Install => Ok(()),
        (Recovery::Settle, Some(open)) => {
            call.console
                .say("The upgrade that broke off had reached its end; tidying up …");
            let site = site(&open.run, call).await?;
            steps::settle(&site).await?;
            Journal::open(&call.layout, &open.run)?.finish()
        }
        (Recovery::GoOn | Recovery::TurnBack, Some(open)) => {
            call.console
                .say("A run broke off; putting everything back first …");
            turn_back(&open, call).await.map(drop)
        }
    }
}

/// Undoes what a run has begun.
pub(super) async fn turn_back(
    open: &Unfinished,
    call: &Call<'_>,
) -> Result<Option<Evidence>, Error> {
    let site = site(&open.run, call).await?;
    let journal = Journal::open(&call.layout, &open.run)?;
    let turned = apply::turn_back(&site, &open.begun, open.cut_over, journal).await;
    turned.map_err(|left| Error::NeedsHands {
        left,
        source: Box::new(Error::Interrupted),
    })
}

pub(super) async fn site<'a>(run: &Run, call: &Call<'a>) -> Result<Site<'a>, Error> {
    Ok(Site {
        console: call.console,
        layout: call.layout.clone(),
        engine: Engine::connect(&call.global.docker_host).await?,
        compose: call.compose(&run.project),
        run: run.clone(),
        patience: Patience::default().get(),
    })
}
