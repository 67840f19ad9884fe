//! Keeping the licence while the server runs: looking for another one, and noting that time passes.
//!
//! Every 0.75 seconds each replica reads the file at LICENSE_PATH, whole, and asks the database which
//! licence the others have. Reading beats being told: on a bind mount, on a network disk and behind
//! a rename, notifications of the file system do not come. A new file is in force on the replica that
//! sees it within one such turn and on all others within two; that leaves room for a busy host below
//! the five seconds that are promised.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use license::vtlic::License;
use sha2::{Digest as _, Sha256};

use super::Licensing;
use super::file;
use super::ground::{Ground, key, off_thread, write_state};
use super::in_force::{InForce, is_newer};
use super::offer::Offered;
use super::refusal::{Reason, Source};
use super::{seats, store};
use crate::infra::db::{DbError, PlatformTx};

/// How often is looked.
const TURN: Duration = Duration::from_millis(750);
/// How often the time that has passed is written down. A server that is stopped and started more
/// often than that serves nobody.
const REMEMBER_EVERY: Duration = Duration::from_secs(60);
/// How often seats are counted for the metrics.
const COUNT_EVERY: Duration = Duration::from_secs(10);
/// How often a refused file is judged again: the term of one that came too early begins at last.
const AGAIN: Duration = Duration::from_secs(60);

/// What was seen at LICENSE_PATH last.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// What was there at the last turn: the file's digest, or why it could not be read.
    last: Option<Look>,
    /// What needs no second look for a while, and since when.
    settled: Option<(Look, Instant)>,
    /// How many seats were used, and when that was asked.
    used: Option<(u32, Instant)>,
    /// The database did not answer, and that was said.
    away: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Look {
    File([u8; 32]),
    Unreadable(std::io::ErrorKind),
}

/// Keeps the licence for as long as the server runs. Nothing that it finds ends the process.
pub async fn keep(licensing: &Licensing, ground: Ground<'_>) -> Infallible {
    let mut seen = Seen::default();
    loop {
        licensing.turn(ground, &mut seen).await;
        tokio::time::sleep(TURN).await;
    }
}

impl Licensing {
    /// One turn.
    pub(super) async fn turn(&self, ground: Ground<'_>, seen: &mut Seen) {
        if self.is_elsewhere() {
            return;
        }
        let outcome = async {
            self.look_at_file(ground, seen).await?;
            self.look_at_database(ground).await?;
            self.remember(ground).await?;
            self.measure(ground, seen).await
        };
        let failed = outcome.await.err();
        if let Some(error) = failed.as_ref().filter(|_| !seen.away) {
            let error = crate::edge::error_chain(error);
            tracing::warn!(
                error,
                "the licence is kept as it is until the database answers"
            );
        }
        seen.away = failed.is_some();
    }

    async fn look_at_file(&self, ground: Ground<'_>, seen: &mut Seen) -> Result<(), DbError> {
        let path = self.0.path.clone();
        let read = off_thread(move || file::read_license(&path)).await;
        let look = match &read {
            Ok(bytes) => Look::File(Sha256::digest(bytes).into()),
            Err(error) => Look::Unreadable(error.kind()),
        };
        let settled = seen.settled.as_ref();
        if settled.is_some_and(|(known, since)| *known == look && since.elapsed() < AGAIN) {
            return Ok(());
        }
        let refused = match &read {
            Ok(bytes) => match self.offer(ground, bytes, Source::File).await? {
                Offered::Taken | Offered::Known => None,
                Offered::Refused(reason) => Some(reason),
            },
            Err(error) => self.unreadable(error),
        };
        // A file is copied while it is read: what is seen twice is meant.
        let twice = seen.last.replace(look.clone()).as_ref() == Some(&look);
        match refused {
            None => self.absolve_file(),
            Some(_) if !twice => return Ok(()),
            Some(reason) => {
                self.refuse(ground, reason, Source::File, read.as_deref().ok())
                    .await;
            }
        }
        seen.settled = Some((look, Instant::now()));
        Ok(())
    }

    /// The server goes on with what it has; the next start would not.
    fn unreadable(&self, error: &std::io::Error) -> Option<Reason> {
        let path = self.0.path.display();
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        if missing && self.current().held().is_none() {
            return None;
        }
        Some(if missing {
            let why = format!("There is no file at {path}. Put it back: the next start needs it.");
            Reason::new("missing", why)
        } else {
            let why = format!("{path} cannot be read: {error}. Let user 10001 read it.");
            Reason::new("unreadable", why)
        })
    }

    /// Takes what another replica has taken; and when the database has lost the licence, or knows
    /// only an older one, gives it this one.
    async fn look_at_database(&self, ground: Ground<'_>) -> Result<(), DbError> {
        let own = self.current().held().map(|held| held.license.digest());
        let mut tx = PlatformTx::begin(ground.db).await?;
        let stored = store::digest(tx.connection()).await?;
        if stored.as_deref() == own.as_ref().map(<[u8; 32]>::as_slice) {
            tx.finish();
            return Ok(());
        }
        let row = store::lock(tx.connection()).await?;
        tx.finish();
        let Some(copy) = row.license else {
            return self.give_back(ground).await;
        };
        let older = License::open(&copy, &self.0.judge.keys)
            .ok()
            .is_none_or(|copy| {
                let held = self.current().held().map(|held| held.license.clone());
                held.is_some_and(|held| !is_newer(&copy, &held))
            });
        if older {
            return self.give_back(ground).await;
        }
        if let Offered::Refused(reason) = self.offer(ground, &copy, Source::Database).await? {
            self.refuse(ground, reason, Source::Database, Some(&copy))
                .await;
        }
        Ok(())
    }

    async fn give_back(&self, ground: Ground<'_>) -> Result<(), DbError> {
        let _turn = self.0.work.lock().await;
        let Some(held) = self.current().held().cloned() else {
            return Ok(());
        };
        tracing::warn!("the database had lost the licence in force, and is given it again");
        let mut tx = PlatformTx::begin(ground.db).await?;
        let row = store::lock(tx.connection()).await?;
        let state = self
            .own(&mut tx, &row, held.state.clone(), ground.clock.now())
            .await?;
        store::set_license(tx.connection(), &held.file, &held.license.digest()).await?;
        store::set_state(tx.connection(), &state, &key(ground)).await?;
        tx.commit_housekeeping().await
    }

    /// Brings the metrics up to date.
    async fn measure(&self, ground: Ground<'_>, seen: &mut Seen) -> Result<(), DbError> {
        let counted = seen.used.filter(|(_, at)| at.elapsed() < COUNT_EVERY);
        let used = match counted {
            Some((used, _)) => used,
            None => {
                let mut tx = PlatformTx::begin(ground.db).await?;
                let used = seats::used(tx.connection()).await?;
                tx.finish();
                seen.used = Some((used, Instant::now()));
                used
            }
        };
        let view = self.view(ground.clock.now(), used);
        let honoured = matches!(view.standing, "valid" | "grace");
        metrics::gauge!("license_honoured").set(f64::from(u8::from(honoured)));
        metrics::gauge!("license_days_left").set(f64::from(view.days_left.unwrap_or(0)));
        metrics::gauge!("license_seats_bought").set(f64::from(view.seats_bought.unwrap_or(0)));
        metrics::gauge!("license_seats_used").set(f64::from(used));
        let refused = f64::from(u8::from(self.refused().is_some()));
        metrics::gauge!("license_refused").set(refused);
        Ok(())
    }

    /// Notes that time has passed, and from time to time writes it down in both places.
    pub(super) async fn remember(&self, ground: Ground<'_>) -> Result<(), DbError> {
        let mut written = self.0.work.lock().await;
        let now = ground.clock.now();
        let Some(mut held) = self.current().aged(&self.0.judge, now) else {
            return Ok(());
        };
        if written.is_some_and(|last| last.elapsed() < REMEMBER_EVERY) {
            self.0
                .current
                .send_replace(Arc::new(InForce::Licensed(Box::new(held))));
            return Ok(());
        }
        let mut tx = PlatformTx::begin(ground.db).await?;
        let row = store::lock(tx.connection()).await?;
        let state = self.remembered(ground, Some(&held), &row);
        let state = state.unwrap_or_else(|| held.state.clone());
        let state = self.own(&mut tx, &row, state, now).await?;
        store::set_state(tx.connection(), &state, &key(ground)).await?;
        write_state(&self.0.state_path, &state, ground).await;
        tx.commit_housekeeping().await?;
        *written = Some(Instant::now());
        // A higher counter is that of a licence that another replica has taken; it comes here by
        // itself, and until then this one is not old.
        if state.counter == held.state.counter {
            held.state = state;
        }
        self.0
            .current
            .send_replace(Arc::new(InForce::Licensed(Box::new(held))));
        Ok(())
    }
}
