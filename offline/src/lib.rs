//! The bundle: one file that carries a release across an air gap.
//!
//! A bundle is a plain tar that is also an OCI image layout. Its head is the manifest, the signatures
//! over it, and where the signers changed the roots that say so; everything after it is promised, in
//! order, by name, size and digest. Writing and reading share types, never state:
//!
//! * [`write::Draft`] collects what goes in and is sealed once;
//! * [`read::open`] takes a stream that nobody trusts, [`read::Untrusted::verify`] makes a
//!   [`read::Verified`] of it, and only that hands out members.
//!
//! The library knows no engine, no terminal, no database and no async; it announces progress
//! through [`progress::Progress`].

mod aside;
pub mod delta;
pub mod digest;
pub mod error;
mod head;
pub mod header;
mod held;
mod inventory;
pub mod layer;
pub mod limits;
pub mod manifest;
pub mod medium;
pub mod name;
pub mod oci;
pub mod patch;
pub mod progress;
pub mod ranges;
pub mod read;
pub mod repair;
pub mod signing;
pub mod survey;
pub mod variable;
pub mod version;
pub mod volumes;
pub mod write;

pub use delta::{Delta, Origin, Patch};
pub use digest::Digest;
pub use error::{Error, Kind};
pub use held::Held;
pub use inventory::{Inventory, Stack};
pub use manifest::{Image, Layer, Manifest, Member, Migration, Role};
pub use name::EntryName;
pub use variable::Variable;
