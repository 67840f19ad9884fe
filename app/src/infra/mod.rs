//! The outside: database, cache, logs, the portal's files, the process itself, and what the machine
//! can pay for a password.

pub mod argon;
pub mod assets;
pub mod cache;
pub mod db;
pub mod process;
pub mod telemetry;
