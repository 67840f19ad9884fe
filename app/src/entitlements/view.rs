//! What people may see of the licence.

use license::verdict::Verdict;
use serde::Serialize;
use time::OffsetDateTime;

use super::in_force::{InForce, Judge};

/// The word where there is no licence to judge.
pub(super) const UNLICENSED: &str = "unlicensed";

/// What the owners and admins of an organisation see, and the admin plane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = License)]
#[serde(rename_all = "camelCase")]
pub struct LicenseView {
    /// `valid`, `grace`, `lapsed`, `not-yet-valid`, `wrong-host`, or `unlicensed`: in development,
    /// and where entitlements do not come from a licence.
    pub standing: &'static str,
    /// Whole days until the term ends or, in grace, until the licence lapses.
    pub days_left: Option<u32>,
    /// What was bought.
    pub tier: &'static str,
    /// The tier whose limits apply now; another than `tier` when the licence is not honoured.
    pub effective_tier: &'static str,
    /// To whom it was issued.
    pub customer: Option<String>,
    /// How many people may be members now; null for any number.
    pub seats: Option<u32>,
    /// How many were bought.
    pub seats_bought: Option<u32>,
    /// How many people are members, over all organisations.
    pub seats_used: u32,
    /// For how many days back audit trails are shown; null for ever.
    pub audit_days: Option<u16>,
    /// The features that are granted now.
    pub features: Vec<&'static str>,
    /// When its term begins.
    #[serde(with = "time::serde::rfc3339::option")]
    pub not_before: Option<OffsetDateTime>,
    /// When its term ends.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires: Option<OffsetDateTime>,
    /// Until when it is honoured in full.
    #[serde(with = "time::serde::rfc3339::option")]
    pub grace_ends: Option<OffsetDateTime>,
}

/// What only the operator sees besides.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseDetail {
    /// The licence's own id.
    pub id: String,
    /// Rises with every licence of a customer.
    pub counter: u64,
    /// The key that signed it.
    pub key_id: String,
    /// The post-quantum half of that key.
    pub mldsa_key_id: Option<String>,
    /// How it is signed.
    pub algorithm: &'static str,
    /// SHA-256 of what was signed.
    pub digest: String,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub issued: OffsetDateTime,
    /// Releases from then on may not be run.
    #[serde(with = "time::serde::rfc3339")]
    pub maintenance_ends: OffsetDateTime,
    /// How many hosts it is bound to; 0 for any host.
    pub bound_hosts: usize,
    /// Whether this host is one of them; null when it is bound to none.
    pub bound_here: Option<bool>,
}

impl InForce {
    pub(super) fn view(&self, judge: &Judge, now: OffsetDateTime, seats_used: u32) -> LicenseView {
        let payload = self.payload();
        let verdict = self.verdict(judge, now);
        let granted = self.entitlements(judge, now);
        LicenseView {
            standing: verdict.as_ref().map_or(UNLICENSED, Verdict::as_str),
            days_left: match verdict {
                Some(Verdict::Valid { days_left } | Verdict::Grace { days_left }) => {
                    Some(days_left)
                }
                _ => None,
            },
            tier: payload
                .map_or(granted.tier(), |payload| payload.tier)
                .as_str(),
            effective_tier: granted.tier().as_str(),
            customer: payload.map(|payload| payload.customer.clone()),
            seats: granted.seats(),
            seats_bought: payload.map(|payload| payload.seats),
            seats_used,
            audit_days: granted.audit_days(),
            features: granted.features(),
            not_before: payload.map(|payload| payload.not_before),
            expires: payload.map(|payload| payload.expires),
            grace_ends: payload.map(|payload| payload.grace_ends()),
        }
    }

    pub(super) fn detail(&self, judge: &Judge) -> Option<LicenseDetail> {
        let license = &self.held()?.license;
        let payload = license.payload();
        let bound = !payload.hosts.is_empty();
        Some(LicenseDetail {
            id: payload.id.clone(),
            counter: payload.counter,
            key_id: payload.key_id.to_string(),
            mldsa_key_id: payload.mldsa_key_id.as_ref().map(ToString::to_string),
            algorithm: payload.algorithm.as_str(),
            digest: hex::encode(license.digest()),
            issued: payload.issued,
            maintenance_ends: payload.maintenance_ends,
            bound_hosts: payload.hosts.len(),
            bound_here: bound.then(|| payload.hosts.contains(&judge.place.host)),
        })
    }
}
