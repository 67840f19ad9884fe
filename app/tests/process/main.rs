//! The program itself, as a process: what is left in its memory, its logs and its environment, and
//! what a rotation does that is killed.
//!
//! Run through `tests/bin/with-services`; as root, since nobody else may read the memory of a
//! server.

mod lab;
mod memory;
mod rotation;
