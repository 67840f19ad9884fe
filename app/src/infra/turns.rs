//! Who is at work that is dear, where few may be at a time.
//!
//! A turn ends when it is dropped, so it goes along with the work: what goes on after a request was given
//! up still counts. Nobody holds a connection to the database while waiting for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

/// Somebody, or some organisation, and how many turns they may have at a time.
pub type Share = (Uuid, usize);

/// Turns of one kind of work. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    taken: Mutex<Taken>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    each: HashMap<Uuid, usize>,
}

/// A turn; over when it is dropped.
#[derive(Debug)]
pub struct Turn {
    of: Vec<Uuid>,
    turns: Arc<Shared>,
}

impl Turns {
    /// So many at a time.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shared {
            most,
            taken: Mutex::default(),
            ended: Notify::new(),
        }))
    }

    /// A turn if there is one now, and each of these may have one more.
    #[must_use]
    pub fn at_once(&self, shares: &[Share]) -> Option<Turn> {
        let mut taken = self.0.taken();
        let has = |taken: &Taken, who: &Uuid| taken.each.get(who).copied().unwrap_or(0);
        let full =
            taken.all >= self.0.most || shares.iter().any(|(who, most)| has(&taken, who) >= *most);
        if full {
            return None;
        }
        taken.all = taken.all.saturating_add(1);
        for (who, _) in shares {
            let count = taken.each.entry(*who).or_default();
            *count = count.saturating_add(1);
        }
        Some(Turn {
            of: shares.iter().map(|(who, _)| *who).collect(),
            turns: Arc::clone(&self.0),
        })
    }

    /// A turn, waited for; none when it takes too long.
    pub async fn within(&self, patience: Duration, shares: &[Share]) -> Option<Turn> {
        let waited = tokio::time::timeout(patience, self.wait(shares));
        waited.await.ok()
    }

    async fn wait(&self, shares: &[Share]) -> Turn {
        loop {
            let mut ended = std::pin::pin!(self.0.ended.notified());
            // Before it is looked: what ends in between is heard.
            ended.as_mut().enable();
            if let Some(turn) = self.at_once(shares) {
                return turn;
            }
            ended.await;
        }
    }
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = self.turns.taken();
        taken.all = taken.all.saturating_sub(1);
        for who in &self.of {
            if let Some(count) = taken.each.get_mut(who) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    taken.each.remove(who);
                }
            }
        }
        drop(taken);
        self.turns.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::Turns;

    const PATIENCE: Duration = Duration::from_secs(3);

    #[tokio::test(start_paused = true)]
    async fn nobody_has_more_than_their_share_and_all_together_no_more_than_there_are() {
        let turns = Turns::new(2);
        let (ada, bob, eve) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let first = turns.at_once(&[(ada, 1)]).unwrap();
        assert!(turns.at_once(&[(ada, 1)]).is_none());
        let second = turns.at_once(&[(bob, 1)]).unwrap();
        assert!(turns.within(PATIENCE, &[(eve, 1)]).await.is_none());
        let later = tokio::spawn({
            let turns = turns.clone();
            async move { turns.within(PATIENCE, &[(eve, 1)]).await }
        });
        tokio::time::sleep(PATIENCE / 2).await;
        drop(first);
        let third = later.await.unwrap().unwrap();
        drop((second, third));
        assert!(turns.0.taken().each.is_empty());
        assert_eq!(turns.0.taken().all, 0);
    }
}
