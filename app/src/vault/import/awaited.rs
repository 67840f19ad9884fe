//! Whether anybody still waits for what is worked on, apart from the threads that answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Refusal;
use crate::infra::db::DbError;
use crate::vault::problem::Error;

/// Whether anybody waits. Long work looks at it again and again, and ends when nobody does: a request
/// that was given up takes no thread any longer.
#[derive(Clone, Debug, Default)]
pub(super) struct Awaited(Arc<AtomicBool>);

/// Nobody waits any more, once this is dropped.
struct Waiting(Awaited);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl Awaited {
    /// Goes on while somebody waits.
    ///
    /// # Errors
    /// When nobody does; nobody reads it.
    pub(super) fn still(&self) -> Result<(), Refusal> {
        if self.0.load(Ordering::Relaxed) {
            Err(Refusal::File("was not read to its end"))
        } else {
            Ok(())
        }
    }
}

/// Does work where it blocks nobody, for as long as it is waited for.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce(&Awaited) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let awaited = Awaited::default();
    let _waiting = Waiting(awaited.clone());
    let done = tokio::task::spawn_blocking(move || work(&awaited)).await;
    done.map_err(|_| DbError::Impossible("work that was cut off"))?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::super::{Format, Given, read_for};
    use super::{Awaited, Waiting, apart};

    #[test]
    fn no_row_is_read_for_nobody() {
        let given = Given {
            format: Format::Dotenv,
            bytes: b"A=1\nB=2\n",
            password: None,
            key_file: None,
            mapping: None,
        };
        let awaited = Awaited::default();
        assert_eq!(read_for(&given, &awaited).unwrap().len(), 2);
        drop(Waiting(awaited.clone()));
        assert!(read_for(&given, &awaited).is_err());
    }

    #[tokio::test]
    async fn work_ends_when_nobody_waits_for_it() {
        let (ended, end) = channel();
        let work = apart(move |awaited: &Awaited| {
            while awaited.still().is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended.send(()).unwrap();
            Ok(())
        });
        let given_up = tokio::time::timeout(Duration::from_millis(20), work).await;
        assert!(given_up.is_err());
        end.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
