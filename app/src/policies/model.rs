//! The policy of one organisation.

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

use crate::kernel::{FieldProblem, domains};

/// What an organisation demands of its people. The default is what one without a policy demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Policy)]
#[serde(rename_all = "camelCase")]
pub struct OrgPolicy {
    /// Whether everybody needs a second factor.
    pub require_second_factor: bool,
    /// How many days people have to set one up, from the day it was demanded or they joined.
    pub second_factor_grace_days: u16,
    /// Since when it is demanded.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub second_factor_required_at: Option<OffsetDateTime>,
    /// A session ends after so many minutes without use; null for the installation's own limit.
    #[schema(required)]
    pub session_idle_min: Option<u32>,
    /// A session ends after so many hours in any case; null for the installation's own limit.
    #[schema(required)]
    pub session_absolute_hours: Option<u32>,
    /// Whose addresses may sign up without an invitation, by domain; empty for nobody.
    pub sign_up_domains: Vec<String>,
    /// Whether whoever accepts an invitation is a member at once, or waits to be confirmed.
    pub auto_confirm: bool,
}

impl Default for OrgPolicy {
    fn default() -> Self {
        Self {
            require_second_factor: false,
            second_factor_grace_days: 7,
            second_factor_required_at: None,
            session_idle_min: None,
            session_absolute_hours: None,
            sign_up_domains: Vec::new(),
            auto_confirm: true,
        }
    }
}

/// What is to be changed of a policy; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyChange {
    require_second_factor: Option<bool>,
    /// 0 to 365.
    second_factor_grace_days: Option<i64>,
    /// 1 to 43200; null for the installation's own limit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    session_idle_min: Option<Option<i64>>,
    /// 1 to 720; null for the installation's own limit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    session_absolute_hours: Option<Option<i64>>,
    /// At most 50 domains.
    sign_up_domains: Option<Vec<String>>,
    auto_confirm: Option<bool>,
}

/// Tells null, which takes a limit away, from a member that is not there.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl PolicyChange {
    /// The policy after the change, or everything that is wrong with it.
    pub(super) fn apply(
        self,
        before: &OrgPolicy,
        now: OffsetDateTime,
    ) -> Result<OrgPolicy, Vec<FieldProblem>> {
        let mut after = before.clone();
        let mut wrong = Vec::new();
        if let Some(required) = self.require_second_factor {
            after.require_second_factor = required;
            after.second_factor_required_at = match before.second_factor_required_at {
                _ if !required => None,
                Some(since) if before.require_second_factor => Some(since),
                Some(_) | None => Some(now),
            };
        }
        if let Some(days) = self.second_factor_grace_days {
            match u16::try_from(days).ok().filter(|days| *days <= 365) {
                Some(days) => after.second_factor_grace_days = days,
                None => wrong.push(FieldProblem::new(
                    "secondFactorGraceDays",
                    "must be 0 to 365",
                )),
            }
        }
        if let Some(minutes) = self.session_idle_min {
            match limit("sessionIdleMin", minutes, 43_200) {
                Ok(minutes) => after.session_idle_min = minutes,
                Err(problem) => wrong.push(problem),
            }
        }
        if let Some(hours) = self.session_absolute_hours {
            match limit("sessionAbsoluteHours", hours, 720) {
                Ok(hours) => after.session_absolute_hours = hours,
                Err(problem) => wrong.push(problem),
            }
        }
        if let Some(names) = self.sign_up_domains {
            match domains("signUpDomains", &names) {
                Ok(names) => after.sign_up_domains = names,
                Err(problem) => wrong.push(problem),
            }
        }
        after.auto_confirm = self.auto_confirm.unwrap_or(after.auto_confirm);
        if wrong.is_empty() {
            Ok(after)
        } else {
            Err(wrong)
        }
    }
}

fn limit(field: &str, value: Option<i64>, most: u32) -> Result<Option<u32>, FieldProblem> {
    let Some(value) = value else {
        return Ok(None);
    };
    u32::try_from(value)
        .ok()
        .filter(|value| (1..=most).contains(value))
        .map(Some)
        .ok_or_else(|| FieldProblem::new(field, &format!("must be 1 to {most}")))
}
