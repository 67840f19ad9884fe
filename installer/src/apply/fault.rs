//! Where tests break things: at each point a program of theirs is run, which may kill this one, stop
//! the engine, fill the disk, or have the point fail. Builds without the feature `faults`, and so all
//! releases, have nothing of it.

use crate::error::Error;
use crate::steps::Step;

/// When, in a step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// Noted, and not begun.
    Begin,
    /// Half of it done.
    Amid,
    /// Done, and not noted.
    End,
    /// Noted.
    Done,
    /// Not undone yet.
    Undo,
    /// Half of it undone.
    AmidUndo,
    /// Undone, and not noted.
    UndoEnd,
    /// Noted.
    Undone,
}

/// A point of a step is reached.
///
/// # Errors
/// When the test says that it fails.
#[cfg(not(feature = "faults"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it may fail")]
#[inline]
pub(crate) const fn reach(_: When, _: Step) -> Result<(), Error> {
    Ok(())
}

#[cfg(feature = "faults")]
#[expect(
    clippy::disallowed_methods,
    reason = "only tests have this seam, and they have no other way in"
)]
pub(crate) fn reach(when: When, step: Step) -> Result<(), Error> {
    let Some(hook) = std::env::var_os("VAULTTERM_FAULT_HOOK") else {
        return Ok(());
    };
    let name = format!("{when:?}-{step:?}");
    let path = std::path::PathBuf::from(hook);
    let status = std::process::Command::new(&path).arg(&name).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => {
            // EIO, as a disk that fails would say.
            let error = std::io::Error::from_raw_os_error(5);
            Err(Error::file("cannot go on at the point of", &path)(error))
        }
    }
}
