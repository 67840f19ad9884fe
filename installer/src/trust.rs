//! Whose bundles are believed here.

use std::io;
use std::path::{Path, PathBuf};

use license::trust::Trust;

use crate::commands::Call;
use crate::error::Error;
use crate::layout::Layout;
use crate::state::{self, State};

/// What `--trust` names, or what is compiled in; continued by the roots that this installation has
/// taken over, so that a revocation once seen stays.
pub(crate) fn of(call: &Call<'_>) -> Result<Trust, Error> {
    let given = call.global.trust.as_deref();
    let trust = named(given)?;
    if trust.chain().is_none() {
        return Ok(trust);
    }
    let Some(kept) = installed(&call.layout, call)?.and_then(|state| state.roots) else {
        return Ok(trust);
    };
    trust.follow(&kept).map_err(|source| Error::Roots {
        path: call.layout.state(),
        source,
    })
}

fn named(given: Option<&Path>) -> Result<Trust, Error> {
    let (path, trust) = match given {
        Some(path) => {
            let text = console::read_bounded(path)?;
            (path.to_owned(), Trust::from_text(&text))
        }
        None => (
            PathBuf::from("this program"),
            license::keys::release_trust(),
        ),
    };
    trust.map_err(|source| Error::Trust { path, source })
}

/// What is installed, for somebody who may be allowed to see it.
fn installed(layout: &Layout, call: &Call<'_>) -> Result<Option<State>, Error> {
    match state::read(layout) {
        Err(Error::Files { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {
            call.console.warn(
                "the roots that this installation has taken over cannot be read: a revocation may \
                 be missed; run it as root",
            );
            Ok(None)
        }
        found => found,
    }
}
