//! How long nobody will be able to sign in: an estimate before it is known.

use std::time::Duration;

use super::Stored;
use crate::bench::Measured;

/// What stopping one app and starting another takes, whatever is stored.
const RESTART: Duration = Duration::from_secs(2);
/// How fast a database is cloned on a disk that nobody has measured, in bytes per second.
const CLONE: u64 = 100 << 20;

/// How long an upgrade keeps people out, without what the migrations themselves take: that is known
/// once they have been rehearsed.
pub(crate) fn away(stored: &Stored, measured: Option<&Measured>) -> Duration {
    if stored.pending.is_empty() {
        return RESTART;
    }
    let clone = measured.and_then(|measured| measured.clone);
    RESTART + at(stored.size, clone.unwrap_or(CLONE))
}

/// How long the rehearsal takes, while people work on; only where it was measured.
pub(crate) fn rehearsal(stored: &Stored, measured: Option<&Measured>) -> Option<Duration> {
    Some(at(stored.size, measured?.restore?))
}

fn at(size: u64, speed: u64) -> Duration {
    Duration::from_millis(size.saturating_mul(1000) / speed.max(1))
}

#[cfg(test)]
mod tests {
    use super::{Stored, away, rehearsal};
    use crate::bench::Measured;

    #[test]
    fn only_a_clone_takes_longer_with_what_is_stored() {
        let stored = |pending, size| Stored { pending, size };
        assert_eq!(away(&stored(vec![], 1 << 40), None).as_secs(), 2);
        assert_eq!(away(&stored(vec![5], 1 << 30), None).as_secs(), 12);
        let fast = Measured {
            clone: Some(1 << 30),
            restore: Some(1 << 29),
            ..Measured::default()
        };
        assert_eq!(away(&stored(vec![5], 1 << 30), Some(&fast)).as_secs(), 3);
        let rehearsal = rehearsal(&stored(vec![5], 1 << 30), Some(&fast));
        assert_eq!(rehearsal.map(|time| time.as_secs()), Some(2));
    }
}
