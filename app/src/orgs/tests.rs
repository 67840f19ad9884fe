//! The slice through its router, on a real database.
