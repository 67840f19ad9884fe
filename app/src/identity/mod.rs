//! Who somebody is: accounts, passwords, sessions, tokens for the API.

mod account;
mod accounts;
mod authenticate;
mod cookie;
mod credentials;
mod device;
mod email;
pub mod factors;
mod guesses;
mod known;
mod lookups;
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
mod tokens;

pub use account::{account_of, prove, prove_password};
pub use accounts::{
    Account, account, account_by_address, account_with, forget_sessions, is_password,
    known_browser, replace_email, replace_password, role_of,
};
pub use authenticate::Door;
pub use cookie::SessionCookie;
pub use email::Email;
pub use model::{
    Me, NewAccount, OrganizationView, PlaceView, SecondFactorView, SessionList, SessionView,
    SignedIn, UserView,
};
pub use password::{NewPassword, calibrate, hash, verify};
pub use routes::routes;
pub use service::limit_attempts;
pub use sessions::{
    Arrival, account as account_resource, demand_entry, end_sessions, enter, start,
    wants_another_sign_in,
};
pub use store::{act_as, email_of, insert_account};

#[cfg(test)]
mod tests;
