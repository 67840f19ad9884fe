//! What an expected failure can tell about itself.

use crate::ExitCode;

/// An error that a person can act on.
///
/// The message (`Display`) states a fact and never repeats its source; [`Failure::hint`] says
/// what to do; [`Failure::code`] names the long text that `explain` prints.
pub trait Failure: std::error::Error {
    /// The exit code of a program that ends with this failure.
    fn exit(&self) -> ExitCode {
        ExitCode::Failed
    }

    /// A stable code such as `VT-B012`.
    fn code(&self) -> &'static str;

    /// What to do about it, in one or two sentences, without a link.
    fn hint(&self) -> Option<String> {
        None
    }
}
