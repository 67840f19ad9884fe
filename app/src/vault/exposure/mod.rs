//! What somebody has seen, and what they have only used: the list of what to change when they go.
//!
//! Who touched what, and when, is asked of the trail (`audit::contacts`), as far back as it goes. What it is
//! called now, and whether it was changed since, is asked of the records. Names are those of today; of
//! what is gone there is none. Whoever reads this manages the organisation, and reads the trail, too.

mod model;
mod routes;
mod service;
mod store;

pub(super) use routes::routes;

#[cfg(test)]
mod tests;
