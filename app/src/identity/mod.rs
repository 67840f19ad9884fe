//! Who somebody is: accounts, passwords, sessions.

mod account;
mod authenticate;
mod cookie;
mod credentials;
mod device;
mod email;
pub mod factors;
mod guesses;
mod model;
mod password;
mod routes;
mod service;
mod session;
mod sessions;
mod standing;
mod store;

pub use authenticate::authenticate;
pub use cookie::SessionCookie;
pub use email::Email;
pub use model::{
    Me, NewAccount, OrganizationView, PlaceView, SecondFactorView, SessionList, SessionView,
    SignedIn, UserView,
};
pub use password::{NewPassword, calibrate, hash};
pub use routes::routes;
pub use service::limit_attempts;
pub use sessions::{Arrival, start};
pub use store::insert_account;

#[cfg(test)]
mod tests;
