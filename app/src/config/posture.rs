//! What production refuses, in one list. Each line has a test.
//!
//! Two refusals need more than the configuration and stand elsewhere: the serving role that no
//! policy binds (`infra::db::role`) and the schema that is newer than the binary
//! (`infra::db::migrate`).

use super::strength::{MIN_PASSWORD, MIN_TOKEN, is_weak};
use super::{Config, DeploymentMode, Problem};
use crate::kernel::Redacted;

const GENERATE: &str = "generate one with `openssl rand -hex 32`";
const WEAK_TOKEN: &str = "has fewer than 32 characters, or is made of very few different ones";
const WEAK_PASSWORD: &str = "has fewer than 16 characters, or is made of very few different ones";

/// Everything about this configuration that would be knowingly insecure.
pub(super) fn refusals(config: &Config) -> Vec<Problem> {
    let token = |token: &Option<Redacted<String>>| weak(token.as_ref(), MIN_TOKEN);
    let password = |password: &Option<Redacted<String>>| weak(password.as_ref(), MIN_PASSWORD);
    let (server, security, license) = (&config.server, &config.security, &config.license);
    let (database, cache) = (&config.database.passwords, &config.cache);
    let checks = [
        (
            !server.is_https() && !server.is_localhost(),
            "APP_BASE_URL",
            "is not HTTPS, so cookies and passkeys are not safe",
            "put a reverse proxy with TLS in front and use its https:// address",
        ),
        (
            config.binding.is_none() && config.keys.known().is_some(),
            config.keys.known().unwrap_or("MASTER_KEY"),
            "is a default or repeats one digit",
            super::keys::CURE,
        ),
        (
            security.admin_token.is_none(),
            "ADMIN_TOKEN",
            "is not set, so anybody on this host could read the admin plane",
            GENERATE,
        ),
        (
            token(&security.admin_token),
            "ADMIN_TOKEN",
            WEAK_TOKEN,
            GENERATE,
        ),
        (
            token(&security.metrics_token),
            "METRICS_TOKEN",
            WEAK_TOKEN,
            GENERATE,
        ),
        (
            password(&database.app),
            "DATABASE_PASSWORD",
            WEAK_PASSWORD,
            GENERATE,
        ),
        (
            password(&database.owner),
            "DATABASE_OWNER_PASSWORD",
            WEAK_PASSWORD,
            GENERATE,
        ),
        (
            password(&cache.password()),
            "REDIS_PASSWORD",
            WEAK_PASSWORD,
            GENERATE,
        ),
        (
            license.mode == DeploymentMode::OnPrem && license.keys.is_empty(),
            "LICENSE_PUBLIC_KEY",
            "is not set, and this build carries no vendor key",
            "give the base64 line of the vendor's vendor.pub",
        ),
    ];
    checks
        .into_iter()
        .filter(|(refused, ..)| *refused)
        .map(|(_, variable, fact, cure)| Problem::new(variable, fact, cure))
        .collect()
}

fn weak(secret: Option<&Redacted<String>>, min: usize) -> bool {
    secret.is_some_and(|secret| is_weak(secret.expose(), min))
}
