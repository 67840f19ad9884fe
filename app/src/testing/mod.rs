//! The server under test: the real router on a real PostgreSQL and a real Redis.
//!
//! [`Server::start`] makes a database of its own for each test, serves as the plain role, and
//! reaches Redis through a [`Wire`] that can be cut. Run the tests through
//! `tests/bin/with-services`, which starts both services and names them in the environment.

mod answer;
mod authenticator;
mod authority;
mod client;
mod database;
mod license;
mod log;
mod passkey;
mod people;
mod postbox;
mod redis_server;
mod server;
mod wire;

pub(crate) use answer::Answer;
pub(crate) use authenticator::Authenticator;
pub(crate) use authority::Authority;
pub(crate) use client::Client;
pub(crate) use database::Database;
pub(crate) use license::{Licensed, NOW, issue, licence, payload};
pub(crate) use log::Log;
pub(crate) use passkey::SecurityKey;
pub(crate) use people::Person;
pub(crate) use postbox::{Postbox, Received, Way};
pub(crate) use redis_server::RedisServer;
pub(crate) use server::{ADMIN_TOKEN, MASTER_KEY, ORIGIN, Server, redis};
pub(crate) use wire::Wire;

/// A password that every rule accepts.
pub(crate) const PASSWORD: &str = "a wet cat on the mat";

/// A service that `tests/bin/with-services` names in the environment.
fn service(variable: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the rim of the tests")]
    let value = std::env::var(variable);
    value.unwrap_or_else(|_| {
        panic!("{variable} is not set: run the tests through tests/bin/with-services")
    })
}
