//! Keys: where the master key comes from, what is derived from it, and envelope encryption.
//!
//! Each record has a data key of its own; the data key is wrapped by the master key; only the
//! wrapped key is stored. Every sealed value is bound to the place where it stands, so that a
//! ciphertext moved between fields, rows, tenants or versions does not open. Values name the data
//! key, and only wrapped keys name the master key, so that replacing it opens no value.
//!
//! [`registry`] is what the database knows of master keys; [`provider`] gets them at boot.

mod audit;
pub mod binding;
mod data;
mod master;
mod place;
pub mod provider;
pub mod registry;
mod ring;
mod sealed;
mod signing;
pub mod trail;

pub use audit::AuditKey;
pub use data::{DataKey, DataKeyId, data_key_of, master_key_of};
pub use master::KeyId;
pub use place::Place;
pub use ring::{AuditCode, Keyring, RewrapError};
pub use sealed::{SealError, UnsealError};
pub use signing::SigningKey;

#[cfg(test)]
mod tests;
