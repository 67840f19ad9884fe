//! Platform admins: the people who operate the installation.
//!
//! They are no users. Their accounts, sessions and cookies are others than those of tenants, stand in
//! other tables and under other keys of the cache, and are looked at on the admin listener alone: what
//! opens one plane is unknown on the other.
//!
//! The first of them, and each further one, comes from a one-time link that is made on the host. So
//! does another password, when nobody gets in any more.

mod account;
mod admins;
mod authenticate;
mod cookie;
mod link;
mod model;
mod routes;
mod session;
mod sessions;
mod sign_in;
mod store;
mod token;

pub use admins::{deactivate_on_host, list_on_host};
pub(crate) use authenticate::brings;
pub use authenticate::{Operator, Presence, authenticate};
pub use link::{AdminLink, AdminLinkError, make as make_link};
pub use model::{AdminView, OperatorView};
pub use routes::routes;

#[cfg(test)]
pub(crate) mod tests;
