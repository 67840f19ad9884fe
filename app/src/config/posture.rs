//! What production refuses, in one list. Each line has a test.

use super::{Config, DeploymentMode, Problem};

/// The shortest token or password that production accepts, in characters.
const MIN_TOKEN: usize = 32;

/// Everything about this configuration that would be knowingly insecure.
pub(super) fn refusals(config: &Config) -> Vec<Problem> {
    let checks: [(bool, fn() -> Problem); 6] = [
        (
            !config.server.is_https() && !config.server.is_localhost(),
            || {
                Problem::new(
                    "APP_BASE_URL",
                    "is not HTTPS, so cookies and passkeys are not safe",
                    "put a reverse proxy with TLS in front and use its https:// address",
                )
            },
        ),
        (config.security.has_known_master_key(), || {
            Problem::new(
                "MASTER_KEY",
                "is a default or repeats one digit",
                "generate one with `openssl rand -hex 32`",
            )
        }),
        (config.security.admin_token.is_none(), || {
            Problem::new(
                "ADMIN_TOKEN",
                "is not set, so anybody on this host could read the admin plane",
                "generate one with `openssl rand -hex 32`",
            )
        }),
        (too_short(config.security.admin_token.as_ref()), || {
            Problem::new(
                "ADMIN_TOKEN",
                "has fewer than 32 characters",
                "generate one with `openssl rand -hex 32`",
            )
        }),
        (too_short(config.security.metrics_token.as_ref()), || {
            Problem::new(
                "METRICS_TOKEN",
                "has fewer than 32 characters",
                "generate one with `openssl rand -hex 32`, or leave it out",
            )
        }),
        (
            config.license.mode == DeploymentMode::OnPrem && config.license.keys.is_empty(),
            || {
                Problem::new(
                    "LICENSE_PUBLIC_KEY",
                    "is not set, and this build carries no vendor key",
                    "give the base64 line of the vendor's vendor.pub",
                )
            },
        ),
    ];
    checks
        .into_iter()
        .filter(|(refused, _)| *refused)
        .map(|(_, problem)| problem())
        .collect()
}

fn too_short(token: Option<&crate::kernel::Redacted<String>>) -> bool {
    token.is_some_and(|token| token.expose().chars().count() < MIN_TOKEN)
}
