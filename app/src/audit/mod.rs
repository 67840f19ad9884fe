//! The audit trail: append-only, authenticated row by row, chained a moment later.
//!
//! [`WriteTx`] is the only way to commit a change inside a tenant, and its commit takes an
//! [`Event`]: a change that is not recorded does not compile. [`verify`] reads a trail again and says
//! whether it is the one that was written, and whether what was approved is what was done.

pub mod approval;
pub mod archive;
mod canonical;
mod chain;
mod checkpoint;
mod circumstances;
mod event;
mod export;
mod exposure;
mod model;
mod naming;
mod review;
mod routes;
mod search;
mod store;
mod verify;
mod view;
mod write;

pub use approval::Approval;
pub use chain::{keep_sealed, seal};
pub use checkpoint::{
    Checkpoint, FileError, Made, MakeError, Maker, SignerError, make, make_if_due, prune_if_due,
    public,
};
#[cfg(test)]
pub(crate) use exposure::CONCEALED;
pub use exposure::{Contact, How, Sighted, contacts, sights};
pub use model::{Action, Event, Outcome, Resource};
pub use review::{Review, State, review, review_of};
pub use routes::{events_api, routes};
pub(crate) use store::is_recorded;
pub use verify::{Broken, Genuine, verify, verify_against, walk};
pub use view::{Actor, ActorKind, EventView, ResourceView};
pub use write::{AuditError, WriteTx};

#[cfg(test)]
mod tests;
