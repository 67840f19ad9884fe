//! Mail, when there is a server that takes it.
//!
//! Whoever sends puts a letter into a queue and goes on: how long a mail server takes, and whether it
//! knows the address, must not show in an answer. The queue is bounded; what does not fit is dropped and
//! said in the log, without the address. A letter that is refused for now is tried again a few times.
//! Nothing outlives the process: every link in a letter can be asked for again.

mod letter;
mod server;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

use crate::config::MailConfig;
use letter::Letter;
use server::{Failure, Smtp};

/// How many letters wait at most.
const WAITING: usize = 500;
/// How many are being written at once.
const ERRANDS: usize = 32;
/// How many are on their way at once.
const AT_ONCE: usize = 4;
/// How long to wait before each further attempt.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(180),
];

/// No mail can be sent with this configuration.
#[derive(Debug, thiserror::Error)]
#[error("mail cannot be set up")]
pub struct MailError(#[from] lettre::transport::smtp::Error);

/// The way out for letters.
#[derive(Clone, Debug)]
pub struct Mail {
    queue: mpsc::Sender<Letter>,
    errands: Arc<Semaphore>,
}

impl Mail {
    /// Begins to take letters. Nobody is connected to before there is one.
    ///
    /// # Errors
    /// [`MailError`] when TLS cannot be set up.
    pub fn start(config: &MailConfig) -> Result<Self, MailError> {
        Self::start_with(config, PAUSES.to_vec())
    }

    fn start_with(config: &MailConfig, pauses: Vec<Duration>) -> Result<Self, MailError> {
        let server = Arc::new(Smtp::new(config)?);
        let (queue, letters) = mpsc::channel(WAITING);
        tokio::spawn(deliver(server, letters, pauses.into()));
        Ok(Self {
            queue,
            errands: Arc::new(Semaphore::new(ERRANDS)),
        })
    }

    /// Does what is needed for a letter after the answer was given: neither whether it succeeds nor how
    /// long it takes shows. When too much is under way, it is not done.
    pub fn later(&self, errand: impl Future<Output = ()> + Send + 'static) {
        match Arc::clone(&self.errands).try_acquire_owned() {
            Err(_) => tracing::warn!("a mail was not written: too many are being written"),
            Ok(turn) => drop(tokio::spawn(async move {
                errand.await;
                drop(turn);
            })),
        }
    }

    /// Sends a letter of plain text, some time soon. What stands in the subject stays on its line.
    pub fn send(&self, to: &str, subject: &str, text: &str) {
        let letter = Letter::new(to, subject, text);
        let id = letter.id;
        if self.queue.try_send(letter).is_err() {
            tracing::warn!(mail = %id.simple(), "a mail was dropped: too many are waiting");
        }
    }
}

/// Delivers letters until nobody can send any more.
async fn deliver(server: Arc<Smtp>, mut letters: mpsc::Receiver<Letter>, pauses: Arc<[Duration]>) {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(letter) = letters.recv().await {
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
            return;
        };
        let (server, pauses) = (Arc::clone(&server), Arc::clone(&pauses));
        tokio::spawn(async move {
            deliver_one(&server, &letter, &pauses).await;
            drop(turn);
        });
    }
}

async fn deliver_one(server: &Smtp, letter: &Letter, pauses: &[Duration]) {
    for attempt in 0..=pauses.len() {
        match server.send(letter).await {
            Ok(()) => return tracing::info!(mail = %letter.id.simple(), "mail"),
            Err(Failure::ForGood(error)) => return give_up(letter.id, &error),
            Err(Failure::ForNow(error)) => match pauses.get(attempt) {
                None => return give_up(letter.id, &error),
                Some(pause) => {
                    tracing::debug!(mail = %letter.id.simple(), error, "mail is tried again");
                    tokio::time::sleep(*pause).await;
                }
            },
        }
    }
}

/// The server's own words are said, which may be needed to find the cause; the address is not ours to
/// log.
fn give_up(id: Uuid, error: &str) {
    tracing::warn!(mail = %id.simple(), error, "a mail was not delivered");
}

#[cfg(test)]
mod tests;
