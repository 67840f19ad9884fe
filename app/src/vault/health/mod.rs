//! How well the secrets of a vault are: weak ones, ones that are used twice, old ones, breached ones.
//!
//! What is weak, used twice and old follows from what is kept beside each record, sealed: how soon it
//! is guessed, a keyed fingerprint, and since when it is what it is. Nothing concealed is opened for
//! it. Breaches are another thing: passwords have to be opened to be looked for, and the trail has an
//! entry for that.
//!
//! Records that may only be used are left out of all of it. Whoever can store a secret beside them
//! would otherwise learn whether it is the same.

mod breaches;
mod report;
mod routes;
mod service;

pub(super) use routes::routes;
