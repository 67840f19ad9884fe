//! Vaults and the secrets in them.
//!
//! Access comes from a role in the vault and from nothing else: being the owner of an
//! organisation opens no vault. Whoever makes a vault becomes its owner. A vault that somebody
//! has no role in does not exist for them. There is one exception, `adoption`: for vaults that no
//! member owns.

mod access;
mod adoption;
mod attachments;
mod examine;
mod export;
mod exposure;
mod generator;
mod going;
mod health;
mod import;
mod model;
mod problem;
mod record;
mod refused;
mod retention;
mod rewrap;
mod routes;
mod sample;
mod seal;
mod search;
mod secrets;
mod sharing;
mod store;
mod text;
mod types;
mod vaults;

pub(crate) use examine::{Fault, FileFault, FileRow, LinkRow, Part, Row, Spot};
pub(crate) use refused::Attempt;
pub use retention::keep_trash_empty;
pub(crate) use rewrap::{key_places, rewrapped, wait_briefly, wrapped_count, wrapped_keys};
pub use routes::routes;
pub(crate) use sample::{Unopened, open_some};
pub use search::keep_erased_forgotten;

#[cfg(test)]
mod tests;
