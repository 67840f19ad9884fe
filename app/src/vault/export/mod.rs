//! The records of a vault as one file: Bitwarden's JSON, encrypted in the age format with a passphrase.
//!
//! The trail has it before anything leaves, with an entry for each record. The file is written while it
//! is sent, some records at a time, so that a large vault takes no more memory than a small one.

mod bitwarden;
mod routes;
mod service;
mod stream;

pub(super) use routes::routes;
