//! The audit trail: append-only, authenticated row by row, chained a moment later.
//!
//! [`WriteTx`] is the only way to commit a change inside a tenant, and its commit takes an
//! [`Event`]: a change that is not recorded does not compile. [`verify`] reads a trail again and says
//! whether it is the one that was written, and whether what was approved is what was done.

pub mod approval;
mod canonical;
mod chain;
mod circumstances;
mod exposure;
mod model;
mod routes;
mod service;
mod store;
mod verify;
mod write;

pub use approval::Approval;
pub use chain::{keep_sealed, seal};
#[cfg(test)]
pub(crate) use exposure::CONCEALED;
pub use exposure::{Contact, How, contacts};
pub use model::{Action, Actor, Event, EventView, Resource, ResourceView};
pub use routes::routes;
pub(crate) use store::is_recorded;
pub use verify::{Broken, Genuine, verify, walk};
pub use write::{AuditError, WriteTx};

#[cfg(test)]
mod tests;
