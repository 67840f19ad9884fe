//! The master key, the admin token, sessions and limits.

use std::time::Duration;

use super::env::Reader;
use super::{AppEnv, Problem};
use crate::kernel::Redacted;

/// The development master key: the digits are its own warning.
const DEVELOPMENT_MASTER_KEY: &str =
    "0000000000000000000000000000000000000000000000000000000000000001";

/// Keys, tokens and limits.
#[derive(Clone, Debug)]
pub struct SecurityConfig {
    /// The 32 bytes under which every data key is wrapped.
    pub master_key: Redacted<[u8; 32]>,
    /// Opens the admin plane.
    pub admin_token: Option<Redacted<String>>,
    /// Opens the metrics, when set.
    pub metrics_token: Option<Redacted<String>>,
    /// Attempts per window on unauthenticated endpoints, for each client address.
    pub auth_rate_max: u32,
    /// The window.
    pub auth_rate_window: Duration,
    /// A session ends after this long without use.
    pub session_idle: Duration,
    /// A session ends after this long in any case.
    pub session_absolute: Duration,
}

impl SecurityConfig {
    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv) -> Self {
        found.choice("KEY_PROVIDER", &[("local", ())], ());
        Self {
            master_key: master_key(found, env),
            admin_token: found.secret("ADMIN_TOKEN", "ADMIN_TOKEN_FILE"),
            metrics_token: found.secret("METRICS_TOKEN", "METRICS_TOKEN_FILE"),
            auth_rate_max: found.number("AUTH_RATE_MAX", 30, 1..=1_000_000),
            auth_rate_window: Duration::from_millis(found.number(
                "AUTH_RATE_WINDOW_MS",
                60_000,
                1000..=86_400_000,
            )),
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
        }
    }

    /// Whether the master key is the one that everybody knows.
    pub(super) fn has_known_master_key(&self) -> bool {
        let key = self.master_key.expose();
        // All bytes alike, or almost: typed, not generated.
        let first = key.first().copied().unwrap_or_default();
        key.iter().filter(|byte| **byte != first).count() < 8
    }
}

fn master_key(found: &mut Reader<'_>, env: AppEnv) -> Redacted<[u8; 32]> {
    const CURE: &str = "generate one with `openssl rand -hex 32` and keep a copy where it cannot \
                        be lost with the server";
    let text = found
        .secret("MASTER_KEY", "MASTER_KEY_FILE")
        .unwrap_or_else(|| {
            if env == AppEnv::Production {
                found.refuse(Problem::new("MASTER_KEY", "is not set", CURE));
            }
            Redacted::new(DEVELOPMENT_MASTER_KEY.to_owned())
        });
    let mut key = [0; 32];
    if hex::decode_to_slice(text.expose(), &mut key).is_err() {
        found.refuse(Problem::new(
            "MASTER_KEY",
            "is not 64 hexadecimal digits",
            CURE,
        ));
    }
    Redacted::new(key)
}
