//! The admin plane: what an operator sees of the platform, and nothing of any tenant's content. The
//! one thing that can be changed here is the licence.

mod guard;
mod license;
mod routes;
mod service;

pub(crate) use guard::bearer_matches;
pub use guard::guard;
pub use routes::routes;
