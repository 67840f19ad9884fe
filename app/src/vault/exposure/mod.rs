//! What somebody has seen, and what they have only used: the list of what to change when they go.
//!
//! Who touched what, and when, is asked of the trail (`audit::contacts`), as far back as it goes. What it is
//! called now is asked of the records. Names are those of today; of what is gone there is none. Whoever
//! reads this manages the organisation, and reads the trail, too.
//!
//! Whether they still know it is told for each part apart, by what it held in the versions that they saw
//! and holds now: a password that was changed says nothing of the PIN beside it, and a version that was
//! put back is what it was.

mod held;
mod model;
mod routes;
mod service;
mod store;

pub(super) use routes::routes;

#[cfg(test)]
mod damaged_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
