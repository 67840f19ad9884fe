//! Reading a trail again: is every entry the one that was written, and is none missing?
//!
//! | file | what |
//! |---|---|
//! | `judge` | one entry after the other, wherever they come from |
//! | `ladder` | the checkpoints beside them, stored or kept elsewhere |
//! | `walk` | the trail in the database |

mod judge;
mod ladder;
mod walk;

use serde_json::Value;
use uuid::Uuid;

pub(super) use judge::{Judge, Line};
pub(super) use ladder::opened;
#[cfg(test)]
pub(super) use walk::whole;
pub(super) use walk::{is_genuine, range};
pub use walk::{verify, verify_against, walk};

pub use crate::keys::trail::Broken;

/// An entry that was found to be the one that was written.
#[derive(Clone, Copy, Debug)]
pub struct Genuine<'a> {
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub resource: Option<(&'a str, Uuid)>,
    /// More words.
    pub detail: &'a Value,
    /// How they came in and from where.
    pub circumstances: &'a Value,
}
