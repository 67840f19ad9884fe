//! Tokens for the API.
//!
//! A token acts for the member who made it, with the role that they have at the moment, narrowed by
//! its scopes. It is looked up by its digest before a tenant is known, through a policy that opens
//! this one row; it ends when it is revoked, at its date, and with the membership.

mod authenticate;
mod model;
mod routes;
mod secret;
mod service;
mod store;

pub(super) use authenticate::recognise;
pub(super) use routes::routes;

#[cfg(test)]
mod tests;
