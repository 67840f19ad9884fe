//! What a licence is worth at an instant, on a host, after what was seen before.
//!
//! A pure function: bytes, trusted keys and circumstances in; a verdict and what to remember out. A
//! late renewal degrades; no verdict ever deletes anything. `FORMAT.md` has the table.

use std::time::Duration;

use time::OffsetDateTime;

use crate::clock::Known;
use crate::state::State;
use crate::vtlic::{self, License, LicensePublicKey, Payload};

/// How a licence stands.
#[derive(Debug)]
pub enum Verdict {
    /// In force.
    Valid {
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
    /// Its term has not begun.
    NotYetValid {
        /// When it begins.
        from: OffsetDateTime,
    },
    /// Bound to other hosts than this one.
    WrongHost,
    /// An older licence than one that was already in force here.
    Superseded {
        /// The counter of this file.
        counter: u64,
        /// The highest counter seen.
        seen: u64,
    },
    /// Not a licence.
    Malformed(vtlic::Error),
    /// Not the vendor's.
    Forged(vtlic::Error),
}

impl Verdict {
    /// The word used in `/readyz`, JSON output and metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Valid { .. } => "valid",
            Self::Grace { .. } => "grace",
            Self::Lapsed => "lapsed",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::WrongHost => "wrong-host",
            Self::Superseded { .. } => "superseded",
            Self::Malformed(_) => "malformed",
            Self::Forged(_) => "forged",
        }
    }

    /// Whether everything that was bought is granted.
    #[must_use]
    pub const fn is_honoured(&self) -> bool {
        matches!(self, Self::Valid { .. } | Self::Grace { .. })
    }

    /// Whether a server in production does not start with it.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Superseded { .. } | Self::Malformed(_) | Self::Forged(_)
        )
    }
}

impl From<vtlic::Error> for Verdict {
    fn from(error: vtlic::Error) -> Self {
        if error.is_tampering() {
            Self::Forged(error)
        } else {
            Self::Malformed(error)
        }
    }
}

/// Under which circumstances a licence is judged.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// What the clock shows.
    pub now: OffsetDateTime,
    /// What was remembered, if anything.
    pub state: Option<&'a State>,
    /// The fingerprint of this host. `None` means that the licence is looked at elsewhere than where
    /// it is to be used, by the vendor or before an installation; then its binding is not judged. A
    /// server always says something: where it cannot tell its fingerprint, an empty one.
    pub host: Option<&'a str>,
    /// How long the process has run since the state was last judged, by a clock that nobody can
    /// set; zero at boot.
    pub ran: Duration,
}

impl Circumstances<'_> {
    /// Those of somebody who only looks: nothing is remembered, and the host is not asked for.
    #[must_use]
    pub const fn looking(now: OffsetDateTime) -> Self {
        Self {
            now,
            state: None,
            host: None,
            ran: Duration::ZERO,
        }
    }
}

/// A verdict, and what goes with it.
#[derive(Debug)]
pub struct Judgement {
    /// What it is worth.
    pub verdict: Verdict,
    /// What it says, if it is the vendor's.
    pub license: Option<License>,
    /// What to remember. `None`: nothing that was not remembered before.
    pub state: Option<State>,
}

impl Judgement {
    /// Parts the vendor's licences, whatever they are worth now, from everything else.
    ///
    /// # Errors
    /// Why the file was refused, when it is malformed or forged.
    pub fn accepted(self) -> Result<(License, Verdict, Option<State>), vtlic::Error> {
        match (self.verdict, self.license) {
            (Verdict::Malformed(error) | Verdict::Forged(error), _) => Err(error),
            (verdict, Some(license)) => Ok((license, verdict, self.state)),
            (_, None) => Err(vtlic::Error::Forged),
        }
    }
}

/// Judges a licence file.
#[must_use]
pub fn judge(file: &[u8], trusted: &[LicensePublicKey], at: &Circumstances<'_>) -> Judgement {
    match License::open(file, trusted) {
        Ok(license) => reconsider(license, at),
        Err(error) => Judgement {
            verdict: error.into(),
            license: None,
            state: None,
        },
    }
}

/// Judges a licence whose signatures were checked before: the same licence, later.
#[must_use]
pub fn reconsider(license: License, at: &Circumstances<'_>) -> Judgement {
    let (verdict, state) = weigh(license.payload(), at);
    Judgement {
        verdict,
        license: Some(license),
        state,
    }
}

fn weigh(payload: &Payload, at: &Circumstances<'_>) -> (Verdict, Option<State>) {
    if let Some(seen) = at.state.filter(|seen| payload.counter < seen.counter) {
        let verdict = Verdict::Superseded {
            counter: payload.counter,
            seen: seen.counter,
        };
        return (verdict, None);
    }
    let elsewhere = at.host.is_some_and(|host| {
        !payload.hosts.is_empty() && !payload.hosts.iter().any(|bound| bound == host)
    });
    let known = known(payload, at);
    let verdict = if elsewhere {
        Verdict::WrongHost
    } else {
        standing(payload, known.at(at.now))
    };
    let state = match (&verdict, at.state) {
        // A licence that is not in force here yet makes no other one old.
        (Verdict::WrongHost | Verdict::NotYetValid { .. }, Some(seen)) => {
            let known = Known::of(seen).after(at.ran, at.now);
            remembered(seen.instance, seen.counter, &seen.license_id, known)
        }
        (_, seen) => {
            let instance = seen.map_or([0; 16], |seen| seen.instance);
            remembered(instance, payload.counter, &payload.id, known)
        }
    };
    (verdict, Some(state))
}

/// How late it is. That the vendor has issued the licence is certain, and a newer one puts right
/// what a clock far ahead had confirmed.
fn known(payload: &Payload, at: &Circumstances<'_>) -> Known {
    let Some(seen) = at.state else {
        return Known::since(payload.issued).after(Duration::ZERO, at.now);
    };
    let mut known = Known::of(seen).after(at.ran, at.now);
    if payload.counter > seen.counter && known.confirmed > payload.issued.max(at.now) {
        known = Known::since(payload.issued.max(at.now));
    }
    if known.confirmed < payload.issued {
        known.confirmed = payload.issued;
    }
    known.after(Duration::ZERO, at.now)
}

impl Known {
    const fn of(state: &State) -> Self {
        Self {
            confirmed: state.confirmed,
            ahead: state.ahead,
        }
    }
}

fn remembered(instance: [u8; 16], counter: u64, license_id: &str, known: Known) -> State {
    State {
        instance,
        counter,
        license_id: license_id.to_owned(),
        confirmed: known.confirmed,
        ahead: known.ahead,
    }
}

fn standing(payload: &Payload, at: OffsetDateTime) -> Verdict {
    if at < payload.not_before {
        Verdict::NotYetValid {
            from: payload.not_before,
        }
    } else if at < payload.expires {
        Verdict::Valid {
            days_left: whole_days(payload.expires - at),
        }
    } else if at < payload.grace_ends() {
        Verdict::Grace {
            days_left: whole_days(payload.grace_ends() - at),
        }
    } else {
        Verdict::Lapsed
    }
}

fn whole_days(span: time::Duration) -> u32 {
    u32::try_from(span.whole_days()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
