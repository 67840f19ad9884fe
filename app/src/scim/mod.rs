//! SCIM 2.0 (RFC 7643, RFC 7644) under `/scim/v2`: an identity provider makes people and groups.
//!
//! A user is a membership of the organisation, a group is a team. Who calls is a token with the scope
//! `scim` (`door.rs`), so the organisation is that of the token and nothing in a request names one.
//!
//! **What is provisioned is the organisation's view of a person** (`userName`, names, addresses), kept
//! beside the membership. An account that exists is never changed: a person may belong to other
//! organisations, and whoever could change the address they sign in with could take the account. Nor
//! does provisioning take an account of others into the organisation: who has one is invited.
//!
//! | file | what |
//! |---|---|
//! | `schema` | the attributes, and the documents that describe them |
//! | `filter`, `matching` | filters: read with bounds, then tried on a resource; no part of one is SQL |
//! | `path`, `patch` | what a PATCH names, and what it does to a document |
//! | `document` | what was sent, checked against the schema; what is not known or not writable is left out |
//! | `project` | `attributes` and `excludedAttributes` |
//! | `users`, `groups` | use cases |

mod change;
mod document;
mod door;
mod error;
mod filter;
mod groups;
mod list;
mod matching;
mod patch;
mod path;
mod project;
mod routes;
mod schema;
mod store;
mod users;

pub use routes::router;

#[cfg(test)]
mod tests;
