//! What the licence is worth right now.

use std::time::Duration;

use license::state::State;
use license::verdict::{Circumstances, Verdict, reconsider};
use license::vtlic::{License, Payload, Tier};
use serde::Serialize;
use time::OffsetDateTime;

/// The licence that this process goes by, if it goes by one.
#[derive(Clone, Debug)]
pub struct InForce {
    licensed: Option<(License, Option<State>)>,
}

/// What people may see of the licence.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = License)]
#[serde(rename_all = "camelCase")]
pub struct LicenseView {
    /// `valid`, `grace`, `lapsed`, `not-yet-valid`, or `unlicensed` in development.
    pub standing: &'static str,
    /// What was bought.
    pub tier: &'static str,
    /// To whom it was issued.
    pub customer: Option<String>,
    /// How many people may be members.
    pub seats: Option<u32>,
    /// When its term ends.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires: Option<OffsetDateTime>,
    /// Until when it is honoured in full.
    #[serde(with = "time::serde::rfc3339::option")]
    pub grace_ends: Option<OffsetDateTime>,
}

impl InForce {
    /// Without a licence: development, or a service that is licensed elsewhere.
    #[must_use]
    pub const fn unlicensed() -> Self {
        Self { licensed: None }
    }

    pub(super) const fn licensed(license: License, state: Option<State>) -> Self {
        Self {
            licensed: Some((license, state)),
        }
    }

    /// How the licence stands; `None` without one.
    #[must_use]
    pub fn verdict(&self, now: OffsetDateTime) -> Option<Verdict> {
        self.licensed.as_ref().map(|(license, state)| {
            let circumstances = Circumstances {
                now,
                state: state.as_ref(),
                host: None,
                ran: Duration::ZERO,
            };
            reconsider(license.clone(), &circumstances).verdict
        })
    }

    /// What people may see of it.
    #[must_use]
    pub fn view(&self, now: OffsetDateTime) -> LicenseView {
        let payload = self.licensed.as_ref().map(|(license, _)| license.payload());
        LicenseView {
            standing: self
                .verdict(now)
                .map_or("unlicensed", |verdict| verdict.as_str()),
            tier: payload.map_or(Tier::Free, |payload| payload.tier).as_str(),
            customer: payload.map(|payload| payload.customer.clone()),
            seats: payload.map(|payload| payload.seats),
            expires: payload.map(|payload| payload.expires),
            grace_ends: payload.map(Payload::grace_ends),
        }
    }
}
