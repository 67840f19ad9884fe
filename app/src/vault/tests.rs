//! The slice through its router, on a real database.

mod adoption;
mod bounds;
mod exports;
mod going;
mod guarded;
mod health;
mod hostile;
mod imports;
mod kinds;
mod lists;
mod roles;
mod sealing;
mod secrets;
mod trash;
mod unreadable;
mod vaults;
mod versions;
