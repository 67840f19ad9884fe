//! What an organisation demands of its people.

mod model;
mod store;

pub use model::OrgPolicy;
pub use store::load;
