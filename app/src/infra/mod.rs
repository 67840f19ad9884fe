//! The outside: database, cache, mail, logs, the portal's files, the list of breached passwords, the
//! process itself, what the machine can pay for a password, and who is at work that is dear.

pub mod argon;
pub mod assets;
pub mod breaches;
pub mod cache;
pub mod db;
pub mod mail;
pub mod memory;
pub mod process;
pub mod telemetry;
pub mod turns;
