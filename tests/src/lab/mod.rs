//! The air-gap laboratory: a server without any way out.

mod engine;
mod namespace;

pub use engine::Engine;
pub use namespace::Namespace;
