//! The air-gap laboratory: a server without any way out.

mod disk;
mod engine;
mod fault;
mod namespace;
mod proxy;
mod server;
pub mod upgradable;

pub use disk::Disk;
pub use engine::Engine;
pub use fault::{Broken, Fault};
pub use namespace::Namespace;
pub use proxy::Proxy;
pub use server::{Server, issue_license};
pub use upgradable::Upgradable;
