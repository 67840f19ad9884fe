//! The policy of one organisation.

use time::OffsetDateTime;

/// What an organisation demands of its people. The default is what one without a policy demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgPolicy {
    /// Whether everybody needs a second factor.
    pub require_second_factor: bool,
    /// How many days people have to set one up, from the day it was demanded or they joined.
    pub second_factor_grace_days: u16,
    /// Since when it is demanded.
    pub second_factor_required_at: Option<OffsetDateTime>,
    /// A session ends after so many minutes without use; `None` for the installation's own limit.
    pub session_idle_min: Option<u32>,
    /// A session ends after so many hours in any case; `None` for the installation's own limit.
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
