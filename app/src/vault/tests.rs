//! The slice through its router, on a real database.

mod adoption;
mod guarded;
mod lists;
mod roles;
mod sealing;
mod secrets;
mod trash;
mod vaults;
mod versions;
