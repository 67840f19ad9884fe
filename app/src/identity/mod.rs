//! Who somebody is: accounts, passwords, sessions.

mod account;
mod authenticate;
mod cookie;
pub mod factors;
mod known;
mod model;
mod passkeys;
mod password;
mod routes;
mod second_factor;
mod service;
mod session;
mod sessions;
mod standing;
mod step_up;
mod store;
mod tickets;

pub use authenticate::authenticate;
pub use cookie::SessionCookie;
pub use model::{
    Email, Me, NewAccount, NewPassword, OrganizationView, PlaceView, SecondFactorView, SessionList,
    SessionView, SignedIn, UserView,
};
pub(crate) use password::PARALLEL as PARALLEL_HASHES;
pub use password::{PasswordError, hash};
pub use routes::routes;
pub use service::limit_attempts;
pub use sessions::{Arrival, start};
pub use store::insert_account;

#[cfg(test)]
mod tests;
