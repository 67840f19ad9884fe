//! The commands' own words: results on standard output, complaints on standard error.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

/// Prints a result.
pub(super) fn print(text: &str) -> ExitCode {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Says why it failed.
pub(super) fn complain(text: &str) -> ExitCode {
    say(&format!("error: {text}"));
    ExitCode::FAILURE
}

/// Says something on the way.
pub(super) fn say(text: &str) {
    // With nobody listening there is nothing more to do.
    let _unheard = writeln!(std::io::stderr().lock(), "{text}");
}

/// A number of things, in words: `1 entry`, `2 entries`.
pub(super) fn counted(number: impl Display, one: &str, more: &str) -> String {
    let number = number.to_string();
    let what = if number == "1" { one } else { more };
    format!("{number} {what}")
}
