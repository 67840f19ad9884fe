//! The installation's own trail: what happened to the platform rather than to a tenant.
//!
//! An organisation's trail tells of that organisation. A licence that was exchanged concerns all of
//! them and belongs to none, so it is recorded here: append-only, numbered and authenticated row by
//! row in the same way, and committed together with the change. Read on the admin plane, verified by
//! `vaultterm-app audit verify`.

mod canonical;
mod model;
mod store;
mod verify;
mod write;

pub use model::{Action, Entry, Event};
pub use store::{instance, is_recorded, newest};
pub use verify::{Broken, verify};
pub use write::{claim, record, record_first};

#[cfg(test)]
mod tests;
