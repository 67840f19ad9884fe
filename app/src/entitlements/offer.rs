//! The way from one licence to the next.
//!
//! However a licence comes, by file, by upload or from another replica, it goes through
//! [`Licensing::offer`]: judged against what is remembered, in a transaction that holds the
//! installation's row, so that replicas take turns. What is taken is stored in the database, where
//! every other replica finds it, and recorded in the platform's trail, all in that transaction. What
//! is refused changes nothing.

use std::time::Instant;

use license::state::State;
use license::vtlic::License;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Licensing;
use super::file::{self, LICENSE_MODE};
use super::ground::{Ground, key, keys, off_thread, write_state};
use super::in_force::{Held, is_newer};
use super::mark::{Found, higher};
use super::refusal::{Reason, Refusal, Source};
use super::store::{self, Installation};
use crate::infra::db::{DbError, PlatformTx};
use crate::platform::{self, Action, Event};

/// What became of an offer.
#[derive(Debug)]
pub(super) enum Offered {
    /// It is in force.
    Taken,
    /// It was in force already.
    Known,
    /// It is not taken.
    Refused(Reason),
}

/// Whether an offer was taken, for the one who made it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// It was refused; what was in force stays so.
    #[error("{}", .0.why)]
    Refused(Refusal),
    /// The database did not answer, so no replica could be told.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Licensing {
    /// Takes a licence that the operator hands over, if it is good; every replica follows.
    ///
    /// # Errors
    /// [`UploadError`]; then everything is as before.
    pub async fn upload(&self, ground: Ground<'_>, file: &[u8]) -> Result<(), UploadError> {
        match self.offer(ground, file, Source::Upload).await? {
            Offered::Taken | Offered::Known => Ok(()),
            Offered::Refused(reason) => {
                let refusal = self
                    .refuse(ground, reason, Source::Upload, Some(file))
                    .await;
                Err(UploadError::Refused(refusal))
            }
        }
    }

    /// Judges an offer and takes it if it is good. Says nothing to anybody about a bad one: see
    /// [`Licensing::refuse`].
    pub(super) async fn offer(
        &self,
        ground: Ground<'_>,
        file: &[u8],
        source: Source,
    ) -> Result<Offered, DbError> {
        let _turn = self.0.work.lock().await;
        let now = ground.clock.now();
        let current = self.current();
        let mut tx = PlatformTx::begin(ground.db).await?;
        let row = store::lock(tx.connection()).await?;
        let state = self.remembered(ground, current.held(), &row);
        let judgement = self.0.judge.file(file, state.as_ref(), now);
        let known = judgement.license.as_ref().zip(current.held());
        if known.is_some_and(|(license, held)| license.digest() == held.license.digest()) {
            tx.finish();
            return Ok(Offered::Known);
        }
        let license = judgement.license.as_ref();
        let shut = license.is_some_and(|license| !self.0.judge.opens(license));
        let reason = Reason::of(&judgement.verdict).or_else(|| shut.then(Reason::unbound));
        let (Some(license), Some(state), None) = (judgement.license, judgement.state, &reason)
        else {
            tx.finish();
            let nothing = || Reason::new("malformed", "It says nothing.");
            return Ok(Offered::Refused(reason.unwrap_or_else(nothing)));
        };
        if let Some(held) = current
            .held()
            .filter(|held| !is_newer(&license, &held.license))
        {
            tx.finish();
            let why = format!(
                "The licence in force has the same counter, {}, and was issued no earlier.",
                held.license.payload().counter
            );
            return Ok(Offered::Refused(Reason::new(Reason::OLDER, why)));
        }
        let state = self.own(&mut tx, &row, state, now).await?;
        if source != Source::File
            && let Err(reason) = self.put_in_place(file, source).await
        {
            tx.finish();
            return Ok(Offered::Refused(reason));
        }
        if source != Source::Database {
            store::set_license(tx.connection(), file, &license.digest()).await?;
            let event = changed(&license, current.held(), source, now);
            platform::record(&mut tx, ground.keys, &event).await?;
        }
        store::set_state(tx.connection(), &state, &key(ground)).await?;
        write_state(&self.0.state_path, &state, ground).await;
        tx.commit_housekeeping().await?;
        let held = Held {
            file: file.into(),
            license,
            state,
            judged: Instant::now(),
        };
        self.take(held, source);
        Ok(Offered::Taken)
    }

    /// What is remembered of the licence: by this process and by the database, whichever knows more.
    /// A row that cannot be believed was found at boot, or changed since; it is not used.
    pub(super) fn remembered(
        &self,
        ground: Ground<'_>,
        held: Option<&Held>,
        row: &Installation,
    ) -> Option<State> {
        let found = row
            .state
            .as_ref()
            .map(|sealed| file::open_state(sealed, &keys(ground)));
        let stored = match found {
            Some(Found::Genuine(state)) => Some(state),
            Some(Found::Bad(error)) => {
                tracing::error!(%error, "the licence state in the database is not used");
                None
            }
            Some(Found::Nothing) | None => None,
        };
        match (held.map(|held| &held.state), stored) {
            (Some(own), Some(stored)) => Some(higher(own, &stored).clone()),
            (own, stored) => own.cloned().or(stored),
        }
    }

    /// The state under this database's own id; a row that somebody has removed is made again.
    pub(super) async fn own(
        &self,
        tx: &mut PlatformTx,
        row: &Installation,
        state: State,
        now: OffsetDateTime,
    ) -> Result<State, DbError> {
        let instance = match row.instance {
            Some(instance) => instance,
            None => {
                tracing::error!("the installation's row was removed while the server runs");
                let known = Uuid::from_bytes(state.instance);
                let proposed = if known.is_nil() {
                    Uuid::new_v4()
                } else {
                    known
                };
                platform::claim(tx, proposed, now).await?
            }
        };
        Ok(State {
            instance: instance.into_bytes(),
            ..state
        })
    }

    /// Puts a licence that did not come from LICENSE_PATH there, so that the next start finds it.
    /// An upload that cannot be put there is refused: that start would refuse the older file. What
    /// another replica has taken is in force in any case.
    async fn put_in_place(&self, file: &[u8], source: Source) -> Result<(), Reason> {
        let (path, bytes) = (self.0.path.clone(), file.to_vec());
        let Err(error) = off_thread(move || file::write_whole(&path, &bytes, LICENSE_MODE)).await
        else {
            return Ok(());
        };
        let path = self.0.path.display();
        if source == Source::Database {
            tracing::warn!(%error, %path, "LICENSE_PATH cannot be written; put the licence there, \
                or the next start refuses the older one");
            return Ok(());
        }
        let why = format!(
            "{path} cannot be written: {error}. Let user 10001 write the folder, or put the file \
             there yourself."
        );
        Err(Reason::new("unwritable", why))
    }

    /// Says that an offer was refused: in the log, in the metrics, on the admin plane and in the
    /// platform's trail. What was said already is not said again.
    pub(super) async fn refuse(
        &self,
        ground: Ground<'_>,
        reason: Reason,
        source: Source,
        file: Option<&[u8]>,
    ) -> Refusal {
        let refusal = refusal(reason, source, file, ground.clock.now());
        let told = self.refused().is_some_and(|told| {
            (told.source, told.kind, &told.digest) == (source, refusal.kind, &refusal.digest)
        });
        if told && source != Source::Upload {
            return refusal;
        }
        tracing::warn!(
            source = source.as_str(),
            kind = refusal.kind,
            why = refusal.why,
            "a licence was refused, and the one before stays in force"
        );
        metrics::counter!("license_refused_total", "source" => source.as_str()).increment(1);
        self.0.refused.send_replace(Some(refusal.clone()));
        if let Err(error) = record_refusal(ground, &refusal).await {
            let error = crate::edge::error_chain(&error);
            tracing::error!(error, "a refused licence could not be recorded");
        }
        refusal
    }
}

pub(super) fn changed(
    license: &License,
    before: Option<&Held>,
    source: Source,
    at: OffsetDateTime,
) -> Event {
    let payload = license.payload();
    let detail = json!({
        "id": payload.id,
        "customer": payload.customer,
        "counter": payload.counter,
        "tier": payload.tier.as_str(),
        "seats": payload.seats,
        "expires": payload.expires.unix_timestamp(),
        "keyId": payload.key_id.to_string(),
        "digest": hex::encode(license.digest()),
        "source": source.as_str(),
        "before": before.map(|held| held.license.payload().id.clone()),
    });
    Event {
        at,
        action: Action::LicenseChanged,
        detail,
    }
}

pub(super) fn refusal(
    reason: Reason,
    source: Source,
    file: Option<&[u8]>,
    at: OffsetDateTime,
) -> Refusal {
    use sha2::Digest as _;
    Refusal {
        at,
        source,
        kind: reason.kind,
        why: reason.why,
        digest: file.map(|file| hex::encode(sha2::Sha256::digest(file))),
    }
}

/// Replicas that share a disk see the same file; one entry is enough. Each upload is an act of its
/// own.
async fn record_refusal(ground: Ground<'_>, refusal: &Refusal) -> Result<(), DbError> {
    let event = Event {
        at: refusal.at,
        action: Action::LicenseRefused,
        detail: json!({
            "source": refusal.source.as_str(),
            "kind": refusal.kind,
            "why": refusal.why,
            "sha256": refusal.digest,
        }),
    };
    let mut tx = PlatformTx::begin(ground.db).await?;
    store::lock(tx.connection()).await?;
    let last = platform::newest(tx.connection(), 1).await?;
    let same = last
        .first()
        .is_some_and(|last| last.action == event.action.as_str() && last.detail == event.detail);
    if same && refusal.source != Source::Upload {
        tx.finish();
        return Ok(());
    }
    platform::record(&mut tx, ground.keys, &event).await?;
    tx.commit_housekeeping().await
}
