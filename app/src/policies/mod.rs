//! What an organisation demands of its people.

mod model;
mod routes;
mod service;
mod store;

pub use model::{OrgPolicy, PolicyChange};
pub use routes::routes;
pub use store::load;

#[cfg(test)]
mod tests;
