//! Until when an answer has to be there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The longest that a request may take, from its last sign of life.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest in any case.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// When a request is given up. Whoever receives a long body moves it with each part that comes, so that
/// what goes on may take its time, and what stands still may not.
#[derive(Clone, Debug)]
pub struct Deadline {
    began: Instant,
    /// Milliseconds from the beginning.
    ends: Arc<AtomicU64>,
}

impl Deadline {
    /// That of a request that comes now.
    pub(super) fn new() -> Self {
        let ends = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
        Self {
            began: Instant::now(),
            ends: Arc::new(AtomicU64::new(ends)),
        }
    }

    /// Gives the request its time anew: something has come.
    pub fn extend(&self) {
        let until = (self.began.elapsed() + PATIENCE).min(LONGEST);
        let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.ends.fetch_max(until, Ordering::Relaxed);
    }

    fn at(&self) -> Instant {
        self.began + Duration::from_millis(self.ends.load(Ordering::Relaxed))
    }

    /// Waits for an answer; none when it was given up.
    pub(super) async fn keep<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = std::pin::pin!(answer);
        loop {
            let until = self.at();
            match tokio::time::timeout_at(until, &mut answer).await {
                Ok(answer) => return Some(answer),
                Err(_elapsed) if self.at() > until => {}
                Err(_elapsed) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Deadline, LONGEST, PATIENCE};

    #[tokio::test(start_paused = true)]
    async fn what_stands_still_is_given_up_and_what_goes_on_is_not() {
        let still = Deadline::new();
        assert_eq!(still.keep(std::future::pending::<()>()).await, None);
        assert_eq!(still.began.elapsed().as_secs(), PATIENCE.as_secs());
        let moving = Deadline::new();
        let parts = async {
            for _ in 0..20 {
                tokio::time::sleep(PATIENCE - Duration::from_secs(1)).await;
                moving.extend();
            }
        };
        assert_eq!(moving.keep(parts).await, Some(()));
        let endless = Deadline::new();
        let parts = async {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                endless.extend();
            }
        };
        assert_eq!(endless.keep(parts).await, None);
        assert_eq!(endless.began.elapsed().as_secs(), LONGEST.as_secs());
    }
}
