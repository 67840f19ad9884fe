//! The audit trail: append-only, numbered, authenticated row by row.
//!
//! [`WriteTx`] is the only way to commit a change inside a tenant, and its commit takes an
//! [`Event`]: a change that is not recorded does not compile.

mod canonical;
mod model;
mod routes;
mod service;
mod store;
mod write;

pub use model::{Action, Actor, Event, EventView, Resource, ResourceView};
pub use routes::routes;
pub use write::{AuditError, WriteTx};

#[cfg(test)]
mod tests;
