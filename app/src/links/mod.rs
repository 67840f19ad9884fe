//! One-time links of accounts: another password, another address.
//!
//! | file | answers |
//! |---|---|
//! | `reset` | how does somebody come to another password without the present one? |
//! | `address` | how does somebody come to another address? |
//! | `options` | what may the sign-in page offer? |
//! | `letters` | what do mails say? |
//!
//! A link holds 256 random bits in its fragment, which browsers do not send and proxies do not log; only
//! their digest is stored. It works once and not for long, and a new one of its kind replaces it. It is
//! made from `APP_BASE_URL` alone: what a request says of its host is never looked at.

mod address;
mod letters;
mod model;
mod options;
mod reset;
mod routes;
mod store;

pub use routes::routes;

#[cfg(test)]
mod tests;
