//! Ways to an account and back into one: one-time links to another password, another address, an
//! account of one's own, and the end of second factors that were lost.
//!
//! | file | answers |
//! |---|---|
//! | `reset` | how does somebody come to another password without the present one? |
//! | `address` | how does somebody come to another address? |
//! | `ward` | whom may an admin help back in? |
//! | `factors` | what becomes of second factors that somebody lost? |
//! | `sign_up` | how does somebody come to an account without an invitation? |
//! | `options` | what may the sign-in page offer? |
//! | `letters` | what do mails say? |
//!
//! A link holds 256 random bits in its fragment, which browsers do not send and proxies do not log; only
//! their digest is stored. It works once and not for long, and a new one of its kind replaces it. It is
//! made from `APP_BASE_URL` alone: what a request says of its host is never looked at.

mod address;
mod factors;
mod letters;
mod model;
mod options;
mod reset;
mod routes;
mod sign_up;
mod store;
mod ward;

pub use factors::{OnHost, remove_factors_on_host};
pub use routes::routes;

#[cfg(test)]
mod tests;
