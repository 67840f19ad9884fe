//! What a licence is worth at an instant.
//!
//! A pure function of the payload, the instant and the last state seen. A clock that was set back
//! does not lengthen a term: the latest instant ever seen counts. A late renewal degrades; no
//! standing ever deletes anything.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::vtlic::Payload;

/// What is remembered between runs, to notice a step back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The highest licence counter seen.
    pub counter: u64,
    /// The id of the licence that carried it.
    pub license_id: String,
    /// The latest instant seen.
    #[serde(with = "time::serde::rfc3339")]
    pub last_seen: OffsetDateTime,
}

/// How a licence stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its term has not begun.
    NotYetValid {
        /// When it begins.
        from: OffsetDateTime,
    },
    /// In force.
    InForce {
        /// Whole days until the term ends.
        days_left: u32,
    },
    /// Past its term and honoured in full for a while.
    Grace {
        /// Whole days until it lapses.
        days_left: u32,
    },
    /// Past its grace window: free-tier limits apply.
    Lapsed,
    /// An older licence than one that was already in force here.
    RolledBack {
        /// The counter of this file.
        counter: u64,
        /// The highest counter seen.
        seen: u64,
    },
}

impl Standing {
    /// The word used in `/readyz`, JSON output and metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::InForce { .. } => "in-force",
            Self::Grace { .. } => "grace",
            Self::Lapsed => "lapsed",
            Self::RolledBack { .. } => "rolled-back",
        }
    }

    /// Whether everything that was bought is granted.
    #[must_use]
    pub const fn is_honoured(&self) -> bool {
        matches!(self, Self::InForce { .. } | Self::Grace { .. })
    }
}

/// Judges a payload, and says what to remember. A rolled-back licence changes no state.
#[must_use]
pub fn assess(payload: &Payload, now: OffsetDateTime, last: Option<&State>) -> (Standing, State) {
    if let Some(seen) = last.filter(|seen| payload.counter < seen.counter) {
        let standing = Standing::RolledBack {
            counter: payload.counter,
            seen: seen.counter,
        };
        return (standing, seen.clone());
    }
    let latest = last.map_or(now, |seen| seen.last_seen.max(now));
    let state = State {
        counter: payload.counter,
        license_id: payload.id.clone(),
        last_seen: latest,
    };
    (standing_at(payload, now, latest), state)
}

/// `now` decides whether the term has begun, `latest` whether it is over.
fn standing_at(payload: &Payload, now: OffsetDateTime, latest: OffsetDateTime) -> Standing {
    if now.max(latest) < payload.not_before {
        Standing::NotYetValid {
            from: payload.not_before,
        }
    } else if latest < payload.expires {
        Standing::InForce {
            days_left: whole_days(payload.expires - latest),
        }
    } else if latest < payload.grace_ends() {
        Standing::Grace {
            days_left: whole_days(payload.grace_ends() - latest),
        }
    } else {
        Standing::Lapsed
    }
}

fn whole_days(span: time::Duration) -> u32 {
    u32::try_from(span.whole_days()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use time::{Duration, OffsetDateTime};

    use super::{Standing, State, assess};
    use crate::vtlic::tests::payload;

    const END: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);

    fn at(now: OffsetDateTime) -> Standing {
        assess(&payload(), now, None).0
    }

    #[test]
    fn boundaries_hold_to_the_second() {
        let second = Duration::seconds(1);
        let begin = payload().not_before;
        assert_eq!(at(begin - second), Standing::NotYetValid { from: begin });
        assert_eq!(at(begin), Standing::InForce { days_left: 365 });
        assert_eq!(at(END - second), Standing::InForce { days_left: 0 });
        assert_eq!(at(END), Standing::Grace { days_left: 14 });
        assert_eq!(
            at(END + Duration::days(14) - second),
            Standing::Grace { days_left: 0 }
        );
        assert_eq!(at(END + Duration::days(14)), Standing::Lapsed);
    }

    #[test]
    fn a_clock_set_back_does_not_lengthen_the_term() {
        let (_, seen) = assess(&payload(), END + Duration::days(2), None);
        let (standing, state) = assess(&payload(), END - Duration::days(100), Some(&seen));
        assert_eq!(standing, Standing::Grace { days_left: 12 });
        assert_eq!(state.last_seen, END + Duration::days(2));
    }

    #[test]
    fn a_lower_counter_is_a_step_back_and_changes_no_state() {
        let seen = State {
            counter: 9,
            license_id: "later".into(),
            last_seen: END,
        };
        let (standing, state) = assess(&payload(), END, Some(&seen));
        assert_eq!(
            standing,
            Standing::RolledBack {
                counter: 3,
                seen: 9
            }
        );
        assert_eq!(state, seen);
    }
}
