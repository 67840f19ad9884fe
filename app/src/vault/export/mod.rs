//! The records of a vault as one file: Bitwarden's JSON, encrypted in the age format with a passphrase.
//!
//! The trail has it before anything leaves, with an entry for each record. The file is written while it
//! is sent, some records at a time, so that a large vault takes no more memory than a small one.
//!
//! What is written is what the vault held at one instant: the versions that the trail names. Of a record
//! that is changed meanwhile the version of that instant is taken, and what cannot be had any more, or was
//! never to be had, is named at the end of the file.

mod bitwarden;
mod left_out;
mod routes;
mod service;
mod stream;

pub(super) use routes::routes;
