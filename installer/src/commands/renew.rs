//! Another licence for a running installation: judged, admitted, put in place, taken; or as before.

use std::path::Path;
use std::time::{Duration, Instant};

use license::verdict::Verdict;

use super::Call;
use crate::apply::Lock;
use crate::engine::{Container, Engine};
use crate::error::Error;
use crate::files::{APP_USER, place};
use crate::licence::{self, Checked};
use crate::steps::ready;
use crate::{bound, kept, state};

/// How long the server may take until it goes by a licence.
const LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
const MODE: u32 = 0o640;

/// Puts a licence in place, and returns when the running server says that it goes by it. One that is
/// refused, here or there, leaves the one before in force.
pub(super) async fn install(file: &Path, call: &Call<'_>) -> Result<Checked, Error> {
    let state = state::require(&call.layout)?;
    // What is judged is what is put in place: nobody else exchanges it in between.
    let _lock = Lock::take(call.layout.dir())?;
    let checked = licence::check(file, &call.layout, call.now)?;
    if let Verdict::Superseded { counter, seen } = &checked.standing {
        return Err(Error::LicenseOlder {
            path: file.to_owned(),
            counter: *counter,
            seen: *seen,
        });
    }
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
    let wanted = hex::encode(checked.license.digest());
    let bar = call
        .console
        .progress("Waiting until the server goes by it", None);
    let started = Instant::now();
    loop {
        let report = match in_force(&engine, &app).await {
            Ok(digest) if wanted.starts_with(&digest) && !digest.is_empty() => {
                drop(bar);
                return Ok(true);
            }
            Ok(_) => "it still goes by another".to_owned(),
            Err(report) => report,
        };
        if started.elapsed() > LIMIT {
            let seconds = LIMIT.as_secs();
            return Err(Error::NotTaken { seconds, report });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The name of the licence in force, as `/readyz` gives it.
async fn in_force(engine: &Engine, app: &Container) -> Result<String, String> {
    let answer = match ready::readiness(engine, app).await {
        Ok(answer) => answer,
        // What is not ready for another reason may go by the licence all the same.
        Err(report) => serde_json::from_str(&report).map_err(|_| report)?,
    };
    Ok(digest_of(&answer).unwrap_or_default().to_owned())
}

/// The digest of the licence in force: the first bytes of it, in hexadecimal.
fn digest_of(answer: &serde_json::Value) -> Option<&str> {
    let digest = answer
        .get("checks")?
        .get("license")?
        .get("digest")?
        .as_str()?;
    (digest.len() >= 16).then_some(digest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::digest_of;

    #[test]
    fn the_licence_in_force_is_named_by_its_digest() {
        let answer = |digest: &str| json!({"checks": {"license": {"ok": true, "digest": digest}}});
        let long = "0123456789abcdef";
        assert_eq!(digest_of(&answer(long)), Some(long));
        // A short one would be a beginning of many.
        assert_eq!(digest_of(&answer("01")), None);
        assert_eq!(
            digest_of(&json!({"checks": {"license": {"ok": true}}})),
            None
        );
    }
}
