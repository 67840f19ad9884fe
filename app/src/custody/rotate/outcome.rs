//! How a rotation is asked for, what it says on the way, and what comes of it.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::infra::db::DbError;
use crate::kernel::{OrgId, UserId};
use crate::keys::registry::{Begun, Refused, RotationError, WrongKeys};

/// How fast.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Records in one transaction. A request for one of them waits until it ends.
    pub batch: i64,
    /// The most records in a second, over all.
    pub per_second: u32,
}

/// What has just happened. Stopping at any point is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Servers that run do not hold the new key yet.
    Lacking(i64),
    /// The rotation has begun, now or in an earlier run.
    Begun(Begun),
    /// Servers that run do not wrap with the new key yet.
    Behind(i64),
    /// So many records are to be done.
    Counted(i64),
    /// A batch is written and not yet committed.
    Written,
    /// A batch is done; so many records in this run.
    Done(i64),
    /// Nothing depends on the old key.
    Retired,
}

/// What came of it.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The key that was replaced.
    pub from: String,
    /// The key in use.
    pub to: String,
    /// Records that were wrapped anew in this run.
    pub records: i64,
    /// How long it took them, in milliseconds.
    pub millis: u64,
}

/// Why it did not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The loaded keys are not those that the database needs.
    #[error(transparent)]
    Wrong(#[from] WrongKeys),
    /// As things are, there is nothing to begin.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It could not begin.
    #[error(transparent)]
    Begin(#[from] RotationError),
    /// Somebody else is at it.
    #[error("another rotation is running; wait for its end")]
    Locked,
    /// Running servers do not hold the new key.
    #[error(
        "{0} running servers do not hold the new key; give it to them as MASTER_KEY_NEXT and \
         restart them, or stop them"
    )]
    Lacking(i64),
    /// Running servers have not taken the new key into use.
    #[error("{0} running servers do not wrap with the new key yet; look at their logs")]
    Behind(i64),
    /// The database is too busy.
    #[error("the database was too busy for a step; run this again at a quieter time")]
    Busy,
    /// Some data keys do not open. The old key stays, and so does what it opens.
    #[error(
        "{} records have a data key that does not open, among them {}; restore them or delete \
         them in the portal, and run this again: until then the old key is needed",
        .count, names(.named)
    )]
    Closed {
        /// How many.
        count: usize,
        /// Some of them.
        named: Vec<Record>,
    },
    /// It was asked to stop.
    #[error("stopped; run this again to go on")]
    Stopped,
}

fn names(records: &[Record]) -> String {
    let names: Vec<String> = records.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// What has a data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// A secret of an organisation.
    Secret(OrgId, Uuid),
    /// A second factor of an account.
    Factor(UserId, Uuid),
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(org, id) => write!(f, "secret {id} of organisation {org}"),
            Self::Factor(user, id) => write!(f, "second factor {id} of account {user}"),
        }
    }
}

impl Pace {
    /// How long to rest after a batch, so that no more is done in a second than allowed.
    pub(super) fn rest(self, records: i64, took: Duration) -> Duration {
        let records = u32::try_from(records).unwrap_or(u32::MAX);
        let whole = Duration::from_secs(1) * records / self.per_second.max(1);
        whole.saturating_sub(took)
    }
}
