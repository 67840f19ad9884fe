//! Who may do what.
//!
//! One table of routes ([`policy`]), looked at in one place before any handler ([`enforce`]). Inside a
//! vault one table of gates, a proof for each, and no way to make the proof but to pass the gate. Acts that cannot be
//! taken back demand a fresh proof of the person besides ([`step_up`]).

mod describe;
mod enforce;
mod gate;
mod permit;
pub mod policy;
pub mod step_up;

pub use describe::describe;
pub(crate) use enforce::as_listed;
pub use enforce::enforce;
pub use gate::{Delete, Gate, GateKind, ManageMembers, ManageVault, Read, Write};
pub use permit::{Permit, RecordPermit, Refused};
