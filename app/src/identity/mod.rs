//! Who somebody is: accounts, passwords, sessions.

mod authenticate;
mod cookie;
mod model;
mod password;
mod routes;
mod service;
mod session;
mod store;

pub use authenticate::authenticate;
pub use cookie::SessionCookie;
pub use model::{Email, Me, NewAccount, NewPassword, OrganizationView, UserView};
pub(crate) use password::PARALLEL as PARALLEL_HASHES;
pub use password::{PasswordError, hash};
pub use routes::routes;
pub use service::{Arrival, limit_attempts, me, start};
pub use store::insert_account;

#[cfg(test)]
mod tests;
