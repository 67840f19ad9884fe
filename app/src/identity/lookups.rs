//! Accounts that are looked up together.
//!
//! Every request of somebody who is signed in asks what the account is right now, and is answered by
//! a statement that began after it had asked: whatever was revoked is gone with the next request.
//! Under load the questions that came while a statement ran go into the next one together, so that
//! their number does not become the database's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::standing::Standing;
use super::store;
use crate::edge::Problem;
use crate::infra::db::{Db, DbError};
use crate::kernel::UserId;

/// So many statements run at once. More would leave less to put together.
const LANES: usize = 2;
/// So many questions go into one statement.
const MOST: usize = 100;

type Connection = PoolConnection<Postgres>;
/// What an account is; none without a confirmed membership.
type Found = Option<Arc<Standing>>;

/// The database did not answer; the cause is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LookupFailed;

impl From<LookupFailed> for Problem {
    fn from(_: LookupFailed) -> Self {
        Self::unavailable()
    }
}

/// Puts questions together and answers them. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Lookups(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    asked: Mutex<Vec<Question>>,
    lanes: Arc<Semaphore>,
}

#[derive(Debug)]
struct Question {
    account: UserId,
    answer: oneshot::Sender<Result<Found, LookupFailed>>,
}

impl Lookups {
    pub(super) fn new(db: Db) -> Self {
        Self(Arc::new(Shared {
            db,
            asked: Mutex::default(),
            lanes: Arc::new(Semaphore::new(LANES)),
        }))
    }

    /// Looks an account up.
    pub(super) async fn standing(&self, account: UserId) -> Result<Found, LookupFailed> {
        let (answer, answered) = oneshot::channel();
        self.0.ask(Question { account, answer });
        if let Some(lane) = self.0.lane() {
            // A task of its own: whoever asked may go away, and others wait for the same statement.
            tokio::spawn(Arc::clone(&self.0).work(lane));
        }
        answered.await.unwrap_or(Err(LookupFailed))
    }
}

impl Shared {
    fn ask(&self, question: Question) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(question);
    }

    /// The questions for one statement.
    fn next(&self) -> Vec<Question> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.len().min(MOST);
        asked.drain(..count).collect()
    }

    fn is_asked(&self) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        !asked.is_empty()
    }

    fn lane(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.lanes).try_acquire_owned().ok()
    }

    /// Answers until nobody asks, on one connection.
    async fn work(self: Arc<Self>, mut lane: OwnedSemaphorePermit) {
        let mut connection = None;
        loop {
            let questions = self.next();
            if !questions.is_empty() {
                self.answer(questions, &mut connection).await;
                continue;
            }
            drop(lane);
            // Whoever asked between the look and the leaving found no lane.
            match self.is_asked().then(|| self.lane()).flatten() {
                Some(again) => lane = again,
                None => return,
            }
        }
    }

    async fn answer(&self, questions: Vec<Question>, connection: &mut Option<Connection>) {
        let mut accounts: Vec<UserId> = questions.iter().map(|one| one.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let found = self.look_up(&accounts, connection).await;
        for Question { account, answer } in questions {
            let one = match &found {
                Ok(found) => found.get(&account).cloned().transpose(),
                Err(failed) => Err(*failed),
            };
            // Who is not there any more needs no answer.
            let _gone = answer.send(one);
        }
    }

    async fn look_up(
        &self,
        accounts: &[UserId],
        kept: &mut Option<Connection>,
    ) -> Result<HashMap<UserId, Result<Arc<Standing>, LookupFailed>>, LookupFailed> {
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
