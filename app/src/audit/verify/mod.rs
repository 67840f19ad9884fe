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
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kernel::UserId;

pub(super) use judge::{Judge, Line};
pub(super) use ladder::opened;
pub(super) use walk::{extent, is_genuine, range, whole};
pub use walk::{verify, verify_against, walk};

pub use crate::keys::trail::Broken;

/// An entry that was found to be the one that was written.
#[derive(Clone, Copy, Debug)]
pub struct Genuine<'a> {
    /// When.
    pub at: OffsetDateTime,
    /// Who; none for the system itself, and for somebody whom nobody knows.
    pub actor: Option<UserId>,
    /// How it ended: whether it was done at all.
    pub result: &'a str,
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub resource: Option<(&'a str, Uuid)>,
    /// More words.
    pub detail: &'a Value,
    /// How they came in and from where.
    pub circumstances: &'a Value,
    /// Which run of a server wrote it.
    pub server: Uuid,
}
