//! How our tools speak.
//!
//! One voice for every program of the toolchain: the **result** goes to standard output, the
//! **conversation** (what is happening, questions, warnings, errors) to standard error. On a
//! terminal long work shows a bar, elsewhere plain lines. With `--json` both are JSON: the
//! conversation one object per line, the result (or the error in its place) exactly one object. An error states a fact, its hint says what to do, and its code can be looked up offline
//! with `explain`.
//!
//! The package knows nothing of bundles, licences or engines.

mod bar;
mod console;
mod exit;
mod failure;
mod output;
mod passphrase;
mod settings;
mod text;

pub use bar::Bar;
pub use console::Console;
pub use exit::ExitCode;
pub use failure::Failure;
pub use output::{FileError, FileMode, read_bounded, replace_file, write_new_file};
pub use passphrase::{
    Passphrase, PassphraseError, PassphraseSource, Secret, passphrase_for_known_key,
    passphrase_for_new_key,
};
pub use settings::{Settings, Style};
pub use text::{bytes, duration, table};
