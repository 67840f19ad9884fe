//! How late it is, when nobody need tell the truth.
//!
//! Three things are known: an instant that has passed for certain (*confirmed*), what the clock shows,
//! and how long this process has run, by a counter that nobody can set. From them follows an instant
//! to judge by:
//!
//! - What has run has passed: *confirmed* moves with the running time, so that nothing is gained by
//!   setting the clock back while the server runs.
//! - A clock that shows less is set right or set back; either way what is confirmed counts.
//! - A clock that shows more is believed at once, but provisionally. Only when the server has run with
//!   it for a day is it confirmed; a wrong clock that is set right before leaves no trace.

use std::time::Duration;

use time::OffsetDateTime;

use crate::state::Ahead;

/// How long the server has to run with a clock before it is confirmed.
pub(crate) const TRIAL: Duration = Duration::from_secs(24 * 60 * 60);
/// How far a clock may fall behind itself and still be the same clock: time servers correct it.
const SLACK: time::Duration = time::Duration::seconds(60);

/// What is known of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) confirmed: OffsetDateTime,
    pub(crate) ahead: Option<Ahead>,
}

impl Known {
    /// For certain no earlier than an instant, and nothing else.
    pub(crate) const fn since(confirmed: OffsetDateTime) -> Self {
        Self {
            confirmed,
            ahead: None,
        }
    }

    /// After `ran`, with a clock that shows `now`.
    pub(crate) fn after(self, ran: Duration, now: OffsetDateTime) -> Self {
        let confirmed = later(self.confirmed, ran);
        if now <= confirmed {
            return Self::since(confirmed);
        }
        let kept = self
            .ahead
            .map(|ahead| Ahead {
                ran: ahead.ran.saturating_add(ran),
                ..ahead
            })
            .filter(|ahead| now.saturating_add(SLACK) >= later(ahead.from, ahead.ran))
            // Corrected by a little, it counts from where it was corrected to.
            .map(|ahead| Ahead {
                from: ahead.from.min(earlier(now, ahead.ran)),
                ..ahead
            });
        match kept {
            Some(ahead) if ahead.ran >= TRIAL => {
                let confirmed = confirmed.max(later(ahead.from, ahead.ran));
                Self::since(confirmed).after(Duration::ZERO, now)
            }
            Some(ahead) => Self {
                confirmed,
                ahead: Some(ahead),
            },
            None => Self {
                confirmed,
                ahead: Some(Ahead {
                    from: now,
                    ran: Duration::ZERO,
                }),
            },
        }
    }

    /// The instant to judge by.
    pub(crate) fn at(&self, now: OffsetDateTime) -> OffsetDateTime {
        now.max(self.confirmed)
    }
}

fn later(instant: OffsetDateTime, by: Duration) -> OffsetDateTime {
    instant.saturating_add(time::Duration::try_from(by).unwrap_or(time::Duration::MAX))
}

fn earlier(instant: OffsetDateTime, by: Duration) -> OffsetDateTime {
    instant.saturating_sub(time::Duration::try_from(by).unwrap_or(time::Duration::MAX))
}

#[cfg(test)]
mod tests;
