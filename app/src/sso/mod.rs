//! Sign-in through an organisation's own identity provider (OpenID Connect Core 1.0, code flow).
//!
//! | file | answers |
//! |---|---|
//! | `settings` | which provider does an organisation trust, and with what? |
//! | `flow` | how does a browser go there, and come back? |
//! | `pending` | is this the browser that went, and has it come back before? |
//! | `provider` | where is what at the provider, and which keys does it sign with? |
//! | `outbound` | which addresses may be asked, and how much is read? |
//! | `jws`, `claims` | is this an ID token of that provider, for us, for this very sign-in? |
//! | `admit` | whose account is it? **The rule that keeps one tenant's provider out of another's accounts** |
//! | `mapping`, `groups` | what do the provider's groups make of somebody, here and in teams? |
//! | `custody` | is the client secret the one that was stored? |
//!
//! What an attacker may try, and the answer to each, is listed in `tests`.

mod admit;
mod claims;
mod custody;
mod flow;
mod groups;
mod jws;
mod mapping;
mod model;
mod outbound;
mod pending;
mod problem;
mod provider;
mod routes;
mod seal;
mod settings;
mod store;
mod subjects;

pub(crate) use custody::{Examined, examine};
pub use routes::routes;

#[cfg(test)]
mod tests;
