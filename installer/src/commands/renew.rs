//! Another licence for a running installation: judged, admitted, put in place, taken; or as before.

use std::path::Path;
use std::time::{Duration, Instant};

use license::state::State;

use super::Call;
use crate::apply::Lock;
use crate::engine::Engine;
use crate::error::Error;
use crate::files::{APP_USER, place};
use crate::licence::{self, Checked};
use crate::steps::ready;
use crate::{bound, kept, state};

/// How long the server may take until it goes by a licence.
const LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
const MODE: u32 = 0o640;
const LOG_LINES: u32 = 6;

/// Puts a licence in place, and returns when the running server says that it goes by it. One that is
/// refused, here or there, leaves the one before in force.
pub(super) async fn install(file: &Path, call: &Call<'_>) -> Result<Checked, Error> {
    let state = state::require(&call.layout)?;
    // What is judged is what is put in place: nobody else exchanges it in between.
    let _lock = Lock::take(call.layout.dir())?;
    let checked = licence::check(file, &call.layout, call.now)?;
    checked.is_newest()?;
    if let Some(manifest) = kept::manifest(&call.layout, &state.version) {
        licence::covers(&checked.license, &manifest).map_err(|source| Error::Maintenance {
            path: file.to_owned(),
            source,
        })?;
    }
    let before = std::fs::read(call.layout.license()).ok();
    let is_bound = bound::admit(&call.layout, &checked.license)?;
    put(&checked.bytes, call)?;
    match taken(&checked, &state.project, call).await {
        Ok(true) => call.console.tick("The server goes by it"),
        Ok(false) => call
            .console
            .say("The app does not run; it goes by it when it starts"),
        Err(error) => {
            if let Some(before) = before {
                put(&before, call)?;
            }
            return Err(error);
        }
    }
    if is_bound {
        bound::settle(&call.layout, &checked.license)?;
        call.console.tick("The master key is bound to it");
    }
    Ok(checked)
}

fn put(bytes: &[u8], call: &Call<'_>) -> Result<(), Error> {
    place(&call.layout.license(), bytes, MODE, Some(APP_USER))
}

/// Whether the server goes by it; `false` when none runs.
async fn taken(checked: &Checked, project: &str, call: &Call<'_>) -> Result<bool, Error> {
    let engine = Engine::connect(&call.global.docker_host).await?;
    let app = ready::app(&engine, project).await?;
    let Some(app) = app.filter(|app| app.state == "running") else {
        return Ok(false);
    };
    let bar = call
        .console
        .progress("Waiting until the server goes by it", None);
    let started = Instant::now();
    while started.elapsed() <= LIMIT {
        if licence::last_seen(&call.layout).is_some_and(|state| notes(&state, checked)) {
            drop(bar);
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
    let log = engine.log_tail(&app.id, LOG_LINES).await;
    Err(Error::NotTaken {
        seconds: LIMIT.as_secs(),
        report: format!("its log ends with\n{log}\n"),
    })
}

/// What the server remembers is written when it takes a licence, and by it alone.
fn notes(state: &State, checked: &Checked) -> bool {
    state.license_id == checked.payload.id && state.counter == checked.payload.counter
}
