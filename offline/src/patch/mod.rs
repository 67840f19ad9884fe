//! Contents that are made from older ones: instructions for a layer or a file.
//!
//! Instructions are a sequence of segments. Each makes at most 4 MiB of the target from a window of
//! at most 8 MiB of the base, and windows only move forward: applying needs one pass over the base
//! and a few dozen megabytes, however large the content is.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `VTPATCH1` |
//! | for each segment: 8 | where the window begins in the base |
//! | 4 | length of the window |
//! | 4 | length of what is made |
//! | 4 | length of the instructions that follow |
//! | 4 | how they are to be read: 0, a zstd frame with the window as its dictionary; 1, a difference |
//! | … | the instructions |
//! | 24 | zeros: the end |
//!
//! Numbers are little-endian.

mod apply;
mod make;
mod segment;

pub use apply::Applied;
pub use make::{Shape, make};

/// The most that a segment makes.
pub const SEGMENT: usize = 4 << 20;
/// The most of the base that a segment looks at.
pub const WINDOW: usize = 8 << 20;
