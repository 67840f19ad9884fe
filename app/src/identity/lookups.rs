//! Sessions that are looked up together, with what their accounts are right now.
//!
//! Every request of somebody who is signed in asks the cache for the session and the database for the
//! account, and is answered by questions that were sent after it had come: whatever was revoked is gone
//! with the next request. One question is under way at a time; the requests that come meanwhile are
//! answered together by the next, so that under load their number does not become that of the services.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::session::{self, Seen, SessionKey};
use super::standing::Standing;
use super::store;
use crate::edge::Problem;
use crate::infra::cache::Cache;
use crate::infra::db::{Db, DbError};
use crate::kernel::{Clock, UserId};

/// So many requests share a question.
const MOST: usize = 100;
/// So often whatever else is ready goes first before a question is sent. Requests that have just come
/// join it; where nothing is ready, that takes no time.
const COURTESY: usize = 4;

type Connection = PoolConnection<Postgres>;
type Standings = HashMap<UserId, Result<Arc<Standing>, LookupFailed>>;

/// A session, and what its account is; nothing without a confirmed membership.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) seen: Arc<Seen>,
    pub(super) standing: Option<Arc<Standing>>,
}

/// The cache or the database did not answer; the cause is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LookupFailed;

impl From<LookupFailed> for Problem {
    fn from(_: LookupFailed) -> Self {
        Self::unavailable()
    }
}

/// Puts requests together and answers them. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Lookups(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cache: Cache,
    db: Db,
    clock: Clock,
    asked: Mutex<Vec<Request>>,
    lane: Arc<Semaphore>,
}

#[derive(Debug)]
struct Request {
    key: SessionKey,
    answer: oneshot::Sender<Result<Option<Known>, LookupFailed>>,
}

impl Lookups {
    pub(super) fn new(cache: Cache, db: Db, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            cache,
            db,
            clock,
            asked: Mutex::default(),
            lane: Arc::new(Semaphore::new(1)),
        }))
    }

    /// Looks a session up, and lets it live on.
    pub(super) async fn session(&self, key: SessionKey) -> Result<Option<Known>, LookupFailed> {
        let (answer, answered) = oneshot::channel();
        lock(&self.0.asked).push(Request { key, answer });
        if let Some(lane) = self.0.lane() {
            // A task of its own: whoever asked may go away, and others wait for the same answer.
            tokio::spawn(Arc::clone(&self.0).work(lane));
        }
        answered.await.unwrap_or(Err(LookupFailed))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The requests that the next question is for.
    fn next(&self) -> Vec<Request> {
        let mut asked = lock(&self.asked);
        let count = asked.len().min(MOST);
        asked.drain(..count).collect()
    }

    fn lane(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.lane).try_acquire_owned().ok()
    }

    /// Answers until nobody asks, on one connection to the database.
    async fn work(self: Arc<Self>, mut lane: OwnedSemaphorePermit) {
        let mut connection = None;
        loop {
            for _ in 0..COURTESY {
                tokio::task::yield_now().await;
            }
            let requests = self.next();
            if !requests.is_empty() {
                self.answer(requests, &mut connection).await;
                continue;
            }
            drop(lane);
            // Whoever asked between the look and the leaving found no lane.
            let asked = !lock(&self.asked).is_empty();
            match asked.then(|| self.lane()).flatten() {
                Some(again) => lane = again,
                None => return,
            }
        }
    }

    async fn answer(&self, requests: Vec<Request>, connection: &mut Option<Connection>) {
        let mut keys: Vec<SessionKey> = requests.iter().map(|one| one.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        let found = self.look_up(keys, connection).await;
        for Request { key, answer } in requests {
            let one = match &found {
                Ok(found) => found.get(&key).cloned().transpose(),
                Err(failed) => Err(*failed),
            };
            // Who is not there any more needs no answer.
            let _gone = answer.send(one);
        }
    }

    async fn look_up(
        &self,
        keys: Vec<SessionKey>,
        connection: &mut Option<Connection>,
    ) -> Result<HashMap<SessionKey, Result<Known, LookupFailed>>, LookupFailed> {
        let sessions = self.sessions(keys).await?;
        let mut accounts: Vec<UserId> =
            sessions.iter().map(|(_, seen)| seen.session.user).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let standings = if accounts.is_empty() {
            Standings::new()
        } else {
            self.standings(&accounts, connection).await?
        };
        let known = |seen: Seen| {
            let standing = standings.get(&seen.session.user).cloned().transpose()?;
            let seen = Arc::new(seen);
            Ok(Known { seen, standing })
        };
        let sessions = sessions.into_iter();
        Ok(sessions.map(|(key, seen)| (key, known(seen))).collect())
    }

    async fn sessions(
        &self,
        keys: Vec<SessionKey>,
    ) -> Result<Vec<(SessionKey, Seen)>, LookupFailed> {
        let now: OffsetDateTime = self.clock.now();
        let found = session::find_all(&self.cache, &keys, now).await;
        let found = found.map_err(|error| {
            // Logs the cause.
            let _problem = Problem::from(error);
            LookupFailed
        })?;
        let each = keys.into_iter().zip(found);
        Ok(each.filter_map(|(key, seen)| Some((key, seen?))).collect())
    }

    async fn standings(
        &self,
        accounts: &[UserId],
        kept: &mut Option<Connection>,
    ) -> Result<Standings, LookupFailed> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => self.db.pool().acquire().await.map_err(failed)?,
        };
        // One that has failed is not used again.
        let found = store::standings(&mut *connection, accounts).await;
        let found = found.map_err(failed)?.into_iter();
        *kept = Some(connection);
        Ok(found
            .map(|(account, one)| (account, one.map(Arc::new).map_err(failed)))
            .collect())
    }
}

fn failed(error: impl Into<DbError>) -> LookupFailed {
    // Logs the cause.
    let _problem = Problem::from(error.into());
    LookupFailed
}
