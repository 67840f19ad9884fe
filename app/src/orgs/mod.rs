//! Organisations: the first one comes from a one-time setup link.

mod model;
mod routes;
mod service;
mod store;

pub use model::DirectoryEntry;
pub use routes::routes;
pub use service::{SetupLink, SetupLinkError, setup_link};
pub(crate) use store::{directory, ids, some_ids};

#[cfg(test)]
mod tests;
