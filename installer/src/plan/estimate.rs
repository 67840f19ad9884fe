//! How long nobody will be able to sign in: an estimate before it is known.

use std::time::Duration;

use super::Stored;

/// What stopping one app and starting another takes, whatever is stored.
const RESTART: Duration = Duration::from_secs(2);
/// How fast a database is cloned on a disk that nobody has measured, in bytes per second.
const CLONE: u64 = 100 << 20;

/// How long an upgrade keeps people out, without what the migrations themselves take: that is known
/// once they have been rehearsed.
pub(crate) fn away(stored: &Stored) -> Duration {
    if stored.pending.is_empty() {
        return RESTART;
    }
    RESTART + Duration::from_millis(stored.size.saturating_mul(1000) / CLONE)
}

#[cfg(test)]
mod tests {
    use super::{Stored, away};

    #[test]
    fn only_a_clone_takes_longer_with_what_is_stored() {
        let stored = |pending, size| Stored { pending, size };
        assert_eq!(away(&stored(vec![], 1 << 40)).as_secs(), 2);
        assert_eq!(away(&stored(vec![5], 1 << 30)).as_secs(), 12);
    }
}
