//! The air-gap laboratory: a server without any way out.

mod engine;
mod namespace;
mod proxy;
mod server;
pub mod upgradable;

pub use engine::Engine;
pub use namespace::Namespace;
pub use proxy::Proxy;
pub use server::{Server, issue_license};
pub use upgradable::Upgradable;
