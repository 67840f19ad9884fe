//! The licence file as a stranger may write it, and as FORMAT.md promises it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod forged;
mod golden;
mod licence;
mod rotation;
mod support;
mod term;
mod vectors;
