//! Opening a bundle whose signature must hold before anything of it is shown.

use std::io::Read;
use std::path::{Path, PathBuf};

use console::Console;
use license::trust::Trust;
use offline::read::Verified;
use offline::survey::Survey;
use offline::{Held, volumes};

use crate::error::Error;
use crate::meter::Meter;
use crate::trust;

/// The bytes of a bundle, whole or in volumes.
pub(crate) type Source = Box<dyn Read + Send>;

/// Opens a bundle for one pass; on a terminal, volumes that are not there are asked for.
pub(crate) fn open(
    path: &Path,
    trusted: Option<&Path>,
    console: &Console,
) -> Result<Verified<Source>, Error> {
    open_with(path, &trust::of(trusted)?, console)
}

/// The same, for somebody who knows whom to trust.
pub(crate) fn open_with(
    path: &Path,
    trust: &Trust,
    console: &Console,
) -> Result<Verified<Source>, Error> {
    volumes::open(path, ask(console))
        .and_then(|stream| offline::read::open(stream.reader))
        .and_then(|bundle| bundle.verify(trust))
        .map_err(|error| located(path, trust, error, console))
}

/// A refusal with all places of the damage, where the whole of the bundle can be looked at: the head
/// of a volume may be damaged where that of another holds.
fn located(path: &Path, trust: &Trust, error: offline::Error, console: &Console) -> Error {
    let Ok(held) = Held::open(path, trust) else {
        return Error::of_bundle(path, error);
    };
    match survey(&held, console) {
        Ok(found) if !found.is_clean() => Error::damaged(&held, &found, Some(error)),
        _ => Error::of_bundle(path, error),
    }
}

/// Opens a bundle for looking anywhere in it.
pub(crate) fn hold(path: &Path, trusted: Option<&Path>) -> Result<Held, Error> {
    let trust = trust::of(trusted)?;
    Held::open(path, &trust).map_err(|error| Error::of_bundle(path, error))
}

/// Compares all of it with what was promised.
pub(crate) fn survey(held: &Held, console: &Console) -> Result<Survey, Error> {
    held.survey(&mut Meter::new(console))
        .map_err(|source| Error::Input {
            path: held.path.clone(),
            source,
        })
}

fn ask(console: &Console) -> volumes::Ask {
    let console = *console;
    Box::new(move |number, place| {
        let question = format!(
            "Volume {number} is not at {}.\nBring it and press Enter, or name its folder:\n",
            place.display()
        );
        console.ask(&question).map(PathBuf::from)
    })
}
