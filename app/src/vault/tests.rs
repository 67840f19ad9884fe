//! The slice through its router, on a real database.

mod adoption;
mod roles;
mod sealing;
mod secrets;
mod vaults;
