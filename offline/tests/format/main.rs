//! The format from outside: written, read, damaged, healed, cut into volumes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    unreachable_pub,
    reason = "a test may panic"
)]

mod bounds;
mod contradictions;
mod damage;
mod diagnoses;
mod golden;
mod hostile;
mod large;
mod support;
mod trust;
mod volumes;
mod whole;
