//! Argon2id (RFC 9106) on a bounded number of threads, as dear as this machine can pay.
//!
//! What a password costs is a step of a ladder. The lowest is the least that OWASP asks for; at boot
//! the machine is measured and the highest is taken that stays below a quarter of a second. The highest
//! step that an installation has ever taken is kept in the database, and a server that meets a hash of a
//! higher step takes that one: an address without an account must take as long as one with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::kernel::Redacted;

/// What one password may take.
const TARGET: Duration = Duration::from_millis(250);
/// How many passwords are worked on at once: each takes up to 64 MiB.
const PARALLEL: usize = 2;

/// What a password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// How often all of it is gone through.
    pub passes: u32,
}

const fn mib(memory: u32, passes: u32) -> Cost {
    Cost {
        memory_kib: memory * 1024,
        passes,
    }
}

/// The ladder. Memory first, which is what a guesser's hardware lacks; then passes. Steps are added at
/// the end, never between.
const LADDER: [Cost; 11] = [
    mib(19, 2),
    mib(26, 2),
    mib(36, 2),
    mib(48, 2),
    mib(64, 2),
    mib(64, 3),
    mib(64, 4),
    mib(64, 5),
    mib(64, 6),
    mib(64, 8),
    mib(64, 10),
];

/// The lowest step.
const LOWEST: Cost = LADDER[0];

impl Cost {
    /// The work: time goes with it.
    const fn work(self) -> u64 {
        self.memory_kib as u64 * self.passes as u64
    }

    fn argon2(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib, self.passes, 1, None).unwrap_or_default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }

    /// That of a hash in PHC form.
    fn of(hash: &str) -> Option<Self> {
        let parameters = hash.strip_prefix("$argon2id$v=19$")?.split('$').next()?;
        let mut found = Self {
            memory_kib: 0,
            passes: 0,
        };
        for parameter in parameters.split(',') {
            match parameter.split_once('=')? {
                ("m", value) => found.memory_kib = value.parse().ok()?,
                ("t", value) => found.passes = value.parse().ok()?,
                ("p", "1") => {}
                _ => return None,
            }
        }
        Some(found)
    }

    /// What is missing in work, as a cost of its own; none when nothing is.
    fn missing(self, done: Self) -> Option<Self> {
        let left = self
            .work()
            .checked_sub(done.work())
            .filter(|left| *left > 0)?;
        let passes = left.div_ceil(u64::from(self.memory_kib)).max(1);
        let memory = u32::try_from(left / passes).ok()?.max(Params::MIN_M_COST);
        Some(Self {
            memory_kib: memory,
            passes: u32::try_from(passes).ok()?,
        })
    }
}

/// A password could not be worked on.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct ArgonError;

/// What came of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is.
    Right,
    /// It is, and its hash costs less than a new one would.
    Outgrown,
}

/// Whoever hashes passwords here.
#[derive(Debug)]
pub struct Argon {
    turns: Arc<Semaphore>,
    step: AtomicUsize,
}

impl Argon {
    /// At the lowest step.
    #[must_use]
    pub fn cheapest() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(PARALLEL)),
            step: AtomicUsize::new(0),
        }
    }

    /// At the step that this machine can pay. Takes a few times what the lowest step takes.
    pub async fn calibrated() -> Self {
        let argon = Self::cheapest();
        let measured = tokio::task::spawn_blocking(|| measure(LOWEST));
        if let Ok(lowest) = measured.await {
            argon.rise_to(step_for(lowest));
        }
        argon
    }

    /// What a new hash costs.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let step = self.step.load(Ordering::Relaxed);
        LADDER.get(step).copied().unwrap_or(LOWEST)
    }

    /// The step of the ladder.
    #[must_use]
    pub fn step(&self) -> usize {
        self.step.load(Ordering::Relaxed)
    }

    /// Takes a higher step; never a lower one.
    pub fn rise_to(&self, step: usize) {
        self.step
            .fetch_max(step.min(LADDER.len() - 1), Ordering::Relaxed);
    }

    /// Hashes a password into PHC form.
    ///
    /// # Errors
    /// [`ArgonError`] when the system gives no randomness.
    pub async fn hash(&self, password: Redacted<String>) -> Result<String, ArgonError> {
        let cost = self.cost();
        self.work(move || {
            let hashed = cost.argon2().hash_password(password.expose().as_bytes());
            hashed.map(|hash| hash.to_string()).map_err(|_| ArgonError)
        })
        .await
    }

    /// Whether a password belongs to a hash. Without a hash, and with one that costs less, a wrong
    /// password takes as long as with one of today.
    ///
    /// # Errors
    /// [`ArgonError`] when the work was cut off.
    pub async fn verify(
        &self,
        password: Redacted<String>,
        hash: Option<String>,
    ) -> Result<Verdict, ArgonError> {
        let stored = hash.as_deref().and_then(Cost::of);
        let met = stored.and_then(|cost| LADDER.iter().position(|step| *step == cost));
        self.rise_to(met.unwrap_or(0));
        let cost = self.cost();
        self.work(move || {
            let Some(hash) = hash else {
                spend(cost, password.expose())?;
                return Ok(Verdict::Wrong);
            };
            let parsed = PasswordHash::new(&hash).map_err(|_| ArgonError)?;
            let verified =
                Cost::argon2(cost).verify_password(password.expose().as_bytes(), &parsed);
            let missing = stored.and_then(|stored| cost.missing(stored));
            match (verified, missing) {
                (Ok(()), None) => Ok(Verdict::Right),
                (Ok(()), Some(_)) => Ok(Verdict::Outgrown),
                (Err(_), missing) => {
                    if let Some(missing) = missing {
                        spend(missing, password.expose())?;
                    }
                    Ok(Verdict::Wrong)
                }
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, ArgonError> + Send + 'static,
    ) -> Result<T, ArgonError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| ArgonError)?;
        // The turn lasts as long as the work: nobody begins more by not waiting for it.
        tokio::task::spawn_blocking(move || (job(), turn).0)
            .await
            .map_err(|_| ArgonError)?
    }
}

/// Work that nobody needs the outcome of.
fn spend(cost: Cost, password: &str) -> Result<(), ArgonError> {
    let mut out = Redacted::new([0; 32]);
    cost.argon2()
        .hash_password_into(password.as_bytes(), &[0; 16], out.expose_mut())
        .map_err(|_| ArgonError)
}

/// The shortest of three: what else the machine does lengthens single ones, and shortens none.
fn measure(cost: Cost) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        let _spent = spend(cost, "a password to measure with");
        begun.elapsed()
    };
    (0..3).map(once).min().unwrap_or(TARGET)
}

/// The highest step that stays below the target, where the lowest takes so long.
fn step_for(lowest: Duration) -> usize {
    let fits = |cost: &Cost| {
        let taken = u64::try_from(lowest.as_micros()).unwrap_or(u64::MAX);
        let longest = u64::try_from(TARGET.as_micros()).unwrap_or(u64::MAX);
        taken.saturating_mul(cost.work()) <= longest * LOWEST.work()
    };
    LADDER.iter().rposition(fits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{Argon, Cost, LADDER, LOWEST, PARALLEL, Verdict, step_for};
    use crate::kernel::Redacted;

    fn password(text: &str) -> Redacted<String> {
        Redacted::new(text.to_owned())
    }

    #[test]
    fn the_lowest_step_is_what_owasp_asks_for_and_the_highest_fits_into_the_container() {
        assert_eq!((LOWEST.memory_kib, LOWEST.passes), (19 * 1024, 2));
        for pair in LADDER.windows(2) {
            assert!(pair[0].work() < pair[1].work());
            assert!(pair[0].memory_kib <= pair[1].memory_kib);
        }
        let most = LADDER.iter().map(|cost| cost.memory_kib).max().unwrap();
        assert!(PARALLEL * usize::try_from(most).unwrap() <= 128 * 1024);
    }

    #[test]
    fn a_machine_is_given_the_step_that_it_can_pay() {
        let millis = Duration::from_millis;
        assert_eq!(step_for(millis(2000)), 0, "never below the lowest");
        assert_eq!(step_for(millis(240)), 0);
        assert_eq!(LADDER[step_for(millis(70))], super::mib(64, 2));
        assert_eq!(LADDER[step_for(millis(30))], super::mib(64, 4));
        assert_eq!(step_for(millis(1)), LADDER.len() - 1);
        assert_eq!(step_for(Duration::ZERO), LADDER.len() - 1);
    }

    #[test]
    fn what_is_missing_is_as_much_work_as_the_difference() {
        for (low, high) in [(0, 1), (0, 4), (3, 10), (5, 6), (0, 10)] {
            let (done, wanted) = (LADDER[low], LADDER[high]);
            let missing = wanted.missing(done).unwrap();
            let all = (done.work() + missing.work()) as f64;
            let ratio = all / wanted.work() as f64;
            assert!((0.99..=1.01).contains(&ratio), "{low} {high}: {ratio}");
            assert!(missing.memory_kib <= wanted.memory_kib);
        }
        assert_eq!(LADDER[2].missing(LADDER[2]), None);
        assert_eq!(LADDER[2].missing(LADDER[3]), None);
    }

    #[tokio::test]
    async fn a_hash_that_costs_less_than_today_is_outgrown() {
        let argon = Argon::cheapest();
        let hash = argon.hash(password("right")).await.unwrap();
        assert_eq!(Cost::of(&hash), Some(LOWEST), "{hash}");
        let judge = async |text: &str, hash: &str| {
            let hash = Some(hash.to_owned());
            argon.verify(password(text), hash).await.unwrap()
        };
        assert_eq!(judge("right", &hash).await, Verdict::Right);
        assert_eq!(judge("wrong", &hash).await, Verdict::Wrong);
        argon.rise_to(1);
        assert_eq!(judge("right", &hash).await, Verdict::Outgrown);
        assert_eq!(judge("wrong", &hash).await, Verdict::Wrong);
        argon.rise_to(0);
        assert_eq!(argon.cost(), LADDER[1], "never lower");
        let dearer = argon.hash(password("right")).await.unwrap();
        assert_eq!(judge("right", &dearer).await, Verdict::Right);
        assert_eq!(
            argon.verify(password("x"), None).await.unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn who_does_not_wait_begins_no_more_than_who_does() {
        let argon = Argon::cheapest();
        let at_work = Arc::new(AtomicUsize::new(0));
        for _ in 0..6 {
            let begun = Arc::clone(&at_work);
            let job = argon.work(move || {
                begun.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(500));
                Ok(())
            });
            // Whoever asked goes away at once.
            let gone = tokio::time::timeout(Duration::from_millis(20), job).await;
            assert!(gone.is_err());
        }
        assert_eq!(at_work.load(Ordering::Relaxed), PARALLEL);
    }

    #[tokio::test]
    async fn who_meets_a_dearer_hash_makes_dearer_ones() {
        let (dear, cheap) = (Argon::cheapest(), Argon::cheapest());
        dear.rise_to(2);
        let hash = dear.hash(password("right")).await.unwrap();
        let verdict = cheap.verify(password("wrong"), Some(hash)).await.unwrap();
        assert_eq!((verdict, cheap.cost()), (Verdict::Wrong, LADDER[2]));
    }
}
