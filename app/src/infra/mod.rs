//! The outside: database, cache, logs, the portal's files.

pub mod assets;
pub mod cache;
pub mod db;
pub mod telemetry;
