//! The licence of a running server: what is in force, what was refused, and what applies.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use license::verdict::Verdict;
use time::OffsetDateTime;
use tokio::sync::{Mutex, watch};

use super::Entitlements;
use super::in_force::{Held, InForce, Judge};
use super::mark::Notice;
use super::refusal::{Refusal, Source};
use super::view::{LicenseDetail, LicenseView, UNLICENSED};
use crate::config::LicenseConfig;

/// The licence of this server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Licensing(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) judge: Judge,
    pub(super) path: PathBuf,
    pub(super) state_path: PathBuf,
    pub(super) current: watch::Sender<Arc<InForce>>,
    pub(super) refused: watch::Sender<Option<Refusal>>,
    notice: Option<Notice>,
    /// When it was last written down how much time has passed. Held while a licence is exchanged.
    pub(super) work: Mutex<Option<Instant>>,
}

impl Licensing {
    /// What was found to be in force at boot.
    pub(super) fn new(
        config: &LicenseConfig,
        judge: Judge,
        in_force: InForce,
        notice: Option<Notice>,
        refused: Option<Refusal>,
    ) -> Self {
        Self(Arc::new(Inner {
            judge,
            path: config.path.clone(),
            state_path: config.state_path.clone(),
            current: watch::Sender::new(Arc::new(in_force)),
            refused: watch::Sender::new(refused),
            notice,
            work: Mutex::new(None),
        }))
    }

    pub(super) fn current(&self) -> Arc<InForce> {
        self.0.current.borrow().clone()
    }

    /// What applies now. The one question that the rest of the app asks.
    #[must_use]
    pub fn entitlements(&self, now: OffsetDateTime) -> Entitlements {
        self.current().entitlements(&self.0.judge, now)
    }

    /// Since when audit trails are kept, where the plan keeps them for a time. Where a licence is not
    /// honoured they are kept whole: nothing is removed because somebody is late.
    #[must_use]
    pub fn audit_kept_since(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let current = self.current();
        let verdict = current.verdict(&self.0.judge, now);
        if verdict.is_some_and(|verdict| !verdict.is_honoured()) {
            return None;
        }
        current
            .entitlements(&self.0.judge, now)
            .audit_shown_since(now)
    }

    /// How it stands, in a word.
    #[must_use]
    pub fn standing(&self, now: OffsetDateTime) -> &'static str {
        let verdict = self.current().verdict(&self.0.judge, now);
        verdict.as_ref().map_or(UNLICENSED, Verdict::as_str)
    }

    /// What owners and admins may see of it.
    #[must_use]
    pub fn view(&self, now: OffsetDateTime, seats_used: u32) -> LicenseView {
        self.current().view(&self.0.judge, now, seats_used)
    }

    /// What the operator sees besides.
    #[must_use]
    pub fn detail(&self) -> Option<LicenseDetail> {
        self.current().detail(&self.0.judge)
    }

    /// What was not as it had been left when the server started.
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        self.0.notice
    }

    /// What was refused last, since the licence in force was taken.
    #[must_use]
    pub fn refused(&self) -> Option<Refusal> {
        self.0.refused.borrow().clone()
    }

    /// Whether there can be another licence: not where entitlements come from elsewhere.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        matches!(*self.current(), InForce::Elsewhere)
    }

    /// Puts a licence into force here.
    pub(super) fn take(&self, held: Held, source: Source) {
        let payload = held.license.payload();
        tracing::info!(
            source = source.as_str(),
            id = payload.id,
            counter = payload.counter,
            tier = payload.tier.as_str(),
            seats = payload.seats,
            "another licence is in force"
        );
        metrics::counter!("license_changed_total", "source" => source.as_str()).increment(1);
        self.0.refused.send_replace(None);
        self.0
            .current
            .send_replace(Arc::new(InForce::Licensed(Box::new(held))));
    }

    /// Forgets a refusal of the file, once there is nothing wrong with it any more.
    pub(super) fn absolve_file(&self) {
        self.0.refused.send_if_modified(|refused| {
            let absolved = refused
                .as_ref()
                .is_some_and(|told| told.source == Source::File);
            if absolved {
                *refused = None;
            }
            absolved
        });
    }
}
