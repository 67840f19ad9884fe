//! Where a bundle is damaged, when reading it in order has failed.

use std::path::Path;

use offline::Held;
use offline::survey::Survey;

use crate::commands::Call;
use crate::error::Error;
use crate::meter::Meter;
use crate::trust;

/// Opens a bundle for a look at all of it, and takes the look.
pub(crate) fn survey(path: &Path, call: &Call<'_>) -> Result<(Held, Survey), Error> {
    let trust = trust::of(call)?;
    let held = Held::open(path, &trust).map_err(|error| Error::of_bundle(path, error))?;
    let survey = held
        .survey(&mut Meter::new(call.console))
        .map_err(Error::file("cannot read", path))?;
    Ok((held, survey))
}

/// A refusal with all places of the damage, where the whole of the bundle can be looked at.
pub(crate) fn locate(path: &Path, error: offline::Error, call: &Call<'_>) -> Error {
    match survey(path, call) {
        Ok((held, survey)) if !survey.is_clean() => Error::Damaged {
            path: path.to_owned(),
            lines: held.describe(&survey),
        },
        _ => Error::of_bundle(path, error),
    }
}
