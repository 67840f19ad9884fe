//! Who may do what in a vault.
//!
//! One table, a proof for each gate, and no way to make the proof but to pass the gate.

mod gate;
mod permit;

pub use gate::{Delete, Gate, GateKind, ManageMembers, ManageVault, Read, Write};
pub use permit::{Permit, Refused};
