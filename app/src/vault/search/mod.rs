//! Search: over every record that somebody may read, by what lists may show of it.
//!
//! Names, fields and tags are sealed, so the database cannot search them. The app keeps them in the
//! clear in memory, for one organisation at a time and within bounds; nothing of it reaches the
//! database, the disk or a log.
//!
//! | file | what |
//! |---|---|
//! | `fold` | letters as they are compared: without case, accents and width |
//! | `entry` | what is kept of a record |
//! | `query` | what is asked, and whether an entry is meant |
//! | `order` | in which order, and the page that follows a place |
//! | `index` | the entries of one organisation, and how far they are up to date |
//! | `shelf` | the indexes that are in memory, within the bound for all of them |
//! | `refresh` | what the database has changed since |
//! | `erased` | forgetting what is in memory of organisations that are gone |
//! | `cursor` | a place in an order, sealed: a cursor travels in addresses |

mod cursor;
mod entry;
mod erased;
mod fold;
mod index;
mod order;
mod query;
mod refresh;
mod routes;
mod service;
mod shelf;
mod store;

pub use erased::keep_erased_forgotten;
pub(super) use routes::routes;
pub(super) use store::prune;

#[cfg(test)]
mod tests;
