//! Teams: groups of members of one organisation, with a role for each of them.
//!
//! Whoever manages the organisation manages every team. Everybody else sees the teams that they are
//! in, and does there what their role allows (`access.rs`). Who leaves the organisation leaves every
//! team in the same statement: the database does it, whoever takes the membership away. Somebody
//! deactivated counts in none until they are back.
//!
//! What a team may do in a vault is for the vault to say; [`roles`] will be asked there.

mod access;
mod members;
mod model;
mod problem;
mod routes;
mod service;
mod store;

pub use routes::routes;
pub use store::roles;
pub(crate) use store::{delete, drop_member, insert, lock, put_member, update};

#[cfg(test)]
mod tests;
