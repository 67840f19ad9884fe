//! Organisations as the platform handles them: made, listed, suspended, resumed, erased.
//!
//! The platform knows of an organisation that it exists, what it is called, how many people it has in
//! which state and how many secrets, and where it stands itself; and of people their name, their
//! address and their roles. It enters a tenant to count and to name, one at a time, in a transaction of
//! that tenant like any other; what is kept there it has no function to read.
//!
//! | file | what |
//! |---|---|
//! | `founding` | made, with a link for the first owner |
//! | `standing` | open, suspended, waiting to be erased, being erased |
//! | `decisions` | from one to another |
//! | `erase` | the job that carries an erasure out, row by row |
//! | `people` | who is where |

mod decisions;
mod erase;
mod founding;
mod model;
mod people;
mod routes;
mod standing;
mod store;
mod store_people;

pub use erase::keep;
pub use people::exists;
pub use routes::routes;

#[cfg(test)]
mod tests;
