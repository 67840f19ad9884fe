//! The outside: database, cache, mail, logs, the portal's files, the list of breached passwords, the
//! process itself, and what the machine can pay for a password.

pub mod argon;
pub mod assets;
pub mod breaches;
pub mod cache;
pub mod db;
pub mod mail;
pub mod process;
pub mod telemetry;
