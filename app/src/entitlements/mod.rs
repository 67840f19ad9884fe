//! The licence in force.
//!
//! Read at boot; missing, malformed, forged or rolled back is fatal in production, an expired one
//! is a warning. What was seen is remembered beside the licence, so that a step back is noticed.

mod file;
mod in_force;

pub use file::{LicenseError, load};
pub use in_force::{InForce, LicenseView};
