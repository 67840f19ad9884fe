//! The program itself, as a process: what is left in its memory, its logs and its environment, and
//! what a rotation does that is killed.
//!
//! Run through `tests/bin/with-services`; as root, since nobody else may read the memory of a
//! server.

mod attachments;
mod audit;
mod description;
mod lab;
mod memory;
mod rotation;
#[path = "../../src/keys/provider/tests/stand_in.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the unit tests' own, and more than is needed here"
)]
mod stand_in;
