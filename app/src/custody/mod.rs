//! The vault as its custodian sees it: replacing the master key while the vault is in use, and
//! looking whether every record is the one that was stored, where it was stored.
//!
//! [`rotate`] wraps every data key anew and opens no record. [`verify`] opens everything and shows
//! nothing: it compares what is stored with the audit trail, and names what does not belong.

mod rotate;
mod seeds;
mod suspects;
mod verify;

pub use rotate::{Outcome, Pace, Point, Record, RotateError, rotate};
pub use verify::{Finding, Older, Report, What, verify};

#[cfg(test)]
mod tests;
