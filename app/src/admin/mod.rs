//! The admin plane: what an operator sees of the platform, and nothing of any tenant's content.

mod license;
mod policy;
mod routes;
mod service;
mod trails;

pub use routes::routes;
