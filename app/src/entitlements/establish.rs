//! The licence at boot, in two steps: what the file says by itself, before anything else is known;
//! then what it is worth after what was remembered, once master key and database are there.

use std::path::Path;
use std::time::{Duration, Instant};

use license::state::State;
use license::verdict::{Circumstances, Verdict, judge};
use license::vtlic::License;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::ground::{Ground, key, keys, write_state};
use super::in_force::{Held, InForce, Judge, is_newer};
use super::mark::{self, Found, Notice, Remembered, Witnesses};
use super::offer::{changed, refusal};
use super::refusal::{LicenseError, Reason, Refusal, Source};
use super::store::{self, Installation};
use super::{Licensing, Place, file};
use crate::config::{AppEnv, DeploymentMode, LicenseConfig};
use crate::infra::db::{DbError, PlatformTx};
use crate::platform::{self, Action, Event};

/// Any number that nobody else uses: "VTLIC" in ASCII.
const BOOT_LOCK: i64 = 0x56_544c_4943;

/// What was found at LICENSE_PATH.
#[derive(Debug)]
pub enum Presented {
    /// Nothing is looked for.
    Elsewhere,
    /// Nothing that could be used, which only development allows.
    Nothing,
    /// A licence of the vendor's.
    File(Vec<u8>),
}

/// Reads the licence and checks its signature: nothing else is needed for that.
///
/// # Errors
/// [`LicenseError`] in production; in development every trouble means "unlicensed", and a warning.
pub fn present(
    config: &LicenseConfig,
    env: AppEnv,
    now: OffsetDateTime,
) -> Result<Presented, LicenseError> {
    if config.mode == DeploymentMode::Saas {
        return Ok(Presented::Elsewhere);
    }
    match read(config, now) {
        Ok(file) => Ok(Presented::File(file)),
        Err(LicenseError::Missing(_)) if env == AppEnv::Development => Ok(Presented::Nothing),
        Err(error) if env == AppEnv::Development => {
            let error = crate::edge::error_chain(&error);
            tracing::warn!(error, "the licence is not used");
            Ok(Presented::Nothing)
        }
        Err(error) => Err(error),
    }
}

fn read(config: &LicenseConfig, now: OffsetDateTime) -> Result<Vec<u8>, LicenseError> {
    let path = &config.path;
    let file = file::read_license(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => LicenseError::Missing(path.clone()),
        _ => LicenseError::Unreadable(path.clone(), error),
    })?;
    let alone = Circumstances {
        now,
        state: None,
        host: None,
        ran: Duration::ZERO,
    };
    let judgement = judge(&file, &config.keys, &alone);
    refuse_fatal(path, judgement.verdict)?;
    Ok(file)
}

/// What production does not start with.
fn refuse_fatal(path: &Path, verdict: Verdict) -> Result<(), LicenseError> {
    let path = path.to_owned();
    match verdict {
        Verdict::Malformed(error) | Verdict::Forged(error) => {
            Err(LicenseError::Refused(path, error))
        }
        Verdict::Superseded { counter, seen } => Err(LicenseError::Superseded {
            path,
            counter,
            seen,
        }),
        _ => Ok(()),
    }
}

/// Judges what was presented after what was remembered, notes what was not as it had been left, and
/// begins to remember.
///
/// # Errors
/// [`LicenseError`] in production, when the licence is older than one that was in force here, or
/// what is remembered cannot be believed; in any environment when the database does not answer.
pub async fn establish(
    presented: Presented,
    config: &LicenseConfig,
    env: AppEnv,
    ground: Ground<'_>,
    place: Place,
) -> Result<Licensing, LicenseError> {
    let judge = Judge {
        keys: config.keys.clone(),
        place,
    };
    let file = match presented {
        Presented::Elsewhere => {
            return Ok(Licensing::new(
                config,
                judge,
                InForce::Elsewhere,
                None,
                None,
            ));
        }
        Presented::Nothing => None,
        Presented::File(file) => Some(file),
    };
    let now = ground.clock.now();
    let mut tx = PlatformTx::begin(ground.db).await?;
    take_turns(&mut tx).await?;
    let row = store::lock(tx.connection()).await?;
    let remembered = remembered(&mut tx, &row, config, env, ground).await?;
    let proposed = remembered.instance.unwrap_or_else(Uuid::new_v4);
    let instance = platform::claim(&mut tx, proposed, now).await?;
    if let Some(notice) = remembered.notice {
        notify(&mut tx, ground, notice).await?;
    }
    let weigh = |bytes| Candidate::of(&judge, bytes, remembered.state.as_ref(), now);
    let offered = match file.map(weigh) {
        None => None,
        Some(Ok(candidate)) => Some(candidate),
        Some(Err(verdict)) => unusable(&config.path, verdict, env)?,
    };
    let copy = row.license.clone().and_then(|copy| weigh(copy).ok());
    let copy = copy.filter(|copy| judge.opens(&copy.license));
    let (best, refused) = choose(offered, copy, now);
    let in_force = match best {
        None => InForce::Unlicensed,
        Some(best) => {
            let held = best.keep(&mut tx, &row, instance, ground).await?;
            write_state(&config.state_path, &held.state, ground).await;
            InForce::Licensed(Box::new(held))
        }
    };
    tx.commit_housekeeping().await?;
    Ok(Licensing::new(
        config,
        judge,
        in_force,
        remembered.notice,
        refused,
    ))
}

/// A licence that the server could go by.
struct Candidate {
    bytes: Vec<u8>,
    license: License,
    state: State,
    verdict: Verdict,
}

impl Candidate {
    fn of(
        judge: &Judge,
        bytes: Vec<u8>,
        state: Option<&State>,
        now: OffsetDateTime,
    ) -> Result<Self, Verdict> {
        let judgement = judge.file(&bytes, state, now);
        match (judgement.license, judgement.state) {
            (Some(license), Some(state)) if !judgement.verdict.is_fatal() => Ok(Self {
                bytes,
                license,
                state,
                verdict: judgement.verdict,
            }),
            _ => Err(judgement.verdict),
        }
    }

    /// Stores it where every replica finds it, if it is not that one already, and what is
    /// remembered with it.
    async fn keep(
        self,
        tx: &mut PlatformTx,
        row: &Installation,
        instance: Uuid,
        ground: Ground<'_>,
    ) -> Result<Held, DbError> {
        let digest = self.license.digest();
        if row.digest.as_deref() != Some(digest.as_slice()) {
            store::set_license(tx.connection(), &self.bytes, &digest).await?;
            let event = changed(&self.license, None, Source::File, ground.clock.now());
            platform::record(tx, ground.keys, &event).await?;
        }
        let state = State {
            instance: instance.into_bytes(),
            ..self.state
        };
        store::set_state(tx.connection(), &state, &key(ground)).await?;
        Ok(Held {
            file: self.bytes.into(),
            license: self.license,
            state,
            judged: Instant::now(),
        })
    }
}

/// Which of two to go by: that of LICENSE_PATH, or the one that another replica has left in the
/// database. A file that is worth nothing yet, or nothing here, does not take the place of one that
/// is in force.
fn choose(
    offered: Option<Candidate>,
    copy: Option<Candidate>,
    now: OffsetDateTime,
) -> (Option<Candidate>, Option<Refusal>) {
    let Some(offered) = offered else {
        return (copy.filter(|copy| copy.verdict.is_honoured()), None);
    };
    let reason = Reason::of(&offered.verdict);
    let better = copy.filter(|copy| {
        let other = copy.license.digest() != offered.license.digest();
        let newer = reason.is_some() || is_newer(&copy.license, &offered.license);
        other && newer && copy.verdict.is_honoured()
    });
    let Some(better) = better else {
        return (Some(offered), None);
    };
    let reason = reason.unwrap_or_else(|| {
        let why = "Another licence with the same counter was issued later, and is in force.";
        Reason::new(Reason::OLDER, why)
    });
    let refused = refusal(reason, Source::File, Some(&offered.bytes), now);
    tracing::warn!(
        kind = refused.kind,
        why = refused.why,
        "the licence at LICENSE_PATH is refused, and the one before stays in force"
    );
    (Some(better), Some(refused))
}

fn unusable(path: &Path, verdict: Verdict, env: AppEnv) -> Result<Option<Candidate>, LicenseError> {
    match refuse_fatal(path, verdict) {
        Err(error) if env == AppEnv::Development => {
            let error = crate::edge::error_chain(&error);
            tracing::warn!(error, "the licence is not used");
            Ok(None)
        }
        outcome => outcome.map(|()| None),
    }
}

/// Replicas that start at once do so one after the other: the first names the installation.
async fn take_turns(tx: &mut PlatformTx) -> Result<(), DbError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(BOOT_LOCK)
        .execute(tx.connection())
        .await?;
    Ok(())
}

async fn remembered(
    tx: &mut PlatformTx,
    row: &Installation,
    config: &LicenseConfig,
    env: AppEnv,
    ground: Ground<'_>,
) -> Result<Remembered, LicenseError> {
    let known = keys(ground);
    let populated = store::is_populated(tx.connection()).await?;
    let stored = row.state.as_ref();
    let outcome = file::read_state(&config.state_path, &known)
        .map_err(|error| LicenseError::StateUnreadable(config.state_path.clone(), error))
        .and_then(|file| {
            let found = Witnesses {
                instance: row.instance,
                row: stored.map_or(Found::Nothing, |sealed| file::open_state(sealed, &known)),
                file,
                populated,
            };
            Ok(mark::compare(&found)?)
        });
    match outcome {
        Err(error) if env == AppEnv::Development => {
            let error = crate::edge::error_chain(&error);
            tracing::warn!(error, "what is remembered of the licence is not used");
            Ok(Remembered {
                instance: row.instance,
                state: None,
                notice: None,
            })
        }
        outcome => outcome,
    }
}

async fn notify(tx: &mut PlatformTx, ground: Ground<'_>, notice: Notice) -> Result<(), DbError> {
    tracing::warn!(notice = notice.as_str(), "{}", notice.sentence());
    let event = Event {
        at: ground.clock.now(),
        action: Action::LicenseStateNoticed,
        detail: json!({"notice": notice.as_str()}),
    };
    platform::record(tx, ground.keys, &event).await?;
    Ok(())
}
