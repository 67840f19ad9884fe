//! The outside: database, cache, logs, the portal's files, the process itself.

pub mod assets;
pub mod cache;
pub mod db;
pub mod process;
pub mod telemetry;
