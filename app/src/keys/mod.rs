//! Keys: the master key, what is derived from it, and envelope encryption.
//!
//! Each record has a data key of its own; the data key is wrapped by the master key; only the
//! wrapped key is stored. Every sealed value is bound to the place where it stands, so that a
//! ciphertext moved between fields, rows, tenants or versions does not open.

pub mod binding;
mod place;
pub mod registry;
mod ring;
mod sealed;

pub use place::Place;
pub use ring::{DataKey, KeyId, Keyring};
pub use sealed::{SealError, UnsealError};

#[cfg(test)]
mod tests;
