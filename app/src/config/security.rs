//! The admin plane's tokens, sessions and limits.

use std::time::Duration;

use super::env::Reader;
use crate::kernel::Redacted;

/// Tokens and limits.
#[derive(Clone, Debug)]
pub struct SecurityConfig {
    /// Opens the admin plane.
    pub admin_token: Option<Redacted<String>>,
    /// Opens the metrics, when set.
    pub metrics_token: Option<Redacted<String>>,
    /// Attempts per window on unauthenticated endpoints, for each client address.
    pub auth_rate_max: u32,
    /// The window.
    pub auth_rate_window: Duration,
    /// Requests in a minute with one token for the API.
    pub token_rate_max: u32,
    /// A session ends after this long without use.
    pub session_idle: Duration,
    /// A session ends after this long in any case.
    pub session_absolute: Duration,
    /// So many days an organisation waits, suspended, before it is erased.
    pub erasure_days: u16,
    /// The bytes of the largest file that is attached to a secret.
    pub attachment_max_bytes: u64,
    /// How long a demand for a fresh proof stands, and how old a proof may be.
    pub step_up_ttl: Duration,
}

impl SecurityConfig {
    pub(super) fn read(found: &mut Reader<'_>) -> Self {
        Self {
            admin_token: found.secret("ADMIN_TOKEN", "ADMIN_TOKEN_FILE"),
            metrics_token: found.secret("METRICS_TOKEN", "METRICS_TOKEN_FILE"),
            auth_rate_max: found.number("AUTH_RATE_MAX", 30, 1..=1_000_000),
            auth_rate_window: Duration::from_millis(found.number(
                "AUTH_RATE_WINDOW_MS",
                60_000,
                1000..=86_400_000,
            )),
            token_rate_max: found.number("TOKEN_RATE_MAX", 1200, 1..=1_000_000),
            session_idle: Duration::from_secs(found.number(
                "SESSION_IDLE_SEC",
                8 * 3600,
                60..=2_592_000,
            )),
            session_absolute: Duration::from_secs(found.number(
                "SESSION_ABSOLUTE_SEC",
                24 * 3600,
                60..=2_592_000,
            )),
            attachment_max_bytes: 1024 * 1024 * found.number("ATTACHMENT_MAX_MIB", 25, 1..=1024),
            erasure_days: found.number("ORGANIZATION_ERASURE_DAYS", 7, 1..=365),
            step_up_ttl: Duration::from_secs(found.number("TENANT_STEPUP_TTL_SEC", 300, 30..=3600)),
        }
    }
}
