//! What the operator decided. The only reader of the environment.
//!
//! Every problem is found and reported at once, each with the variable's name and the cure. What
//! would be knowingly insecure in production is refused in one list: [`posture`].

mod binding;
mod cache;
pub mod catalogue;
mod database;
mod env;
mod heartbeat;
mod keys;
mod license;
mod mail;
mod posture;
mod private;
mod problem;
mod relying_party;
mod security;
mod server;
mod sso;
mod strength;

pub use binding::{BindingConfig, SealedKey};
pub use cache::CacheConfig;
pub use database::DatabaseConfig;
pub use env::Env;
pub use heartbeat::HeartbeatUrl;
pub use keys::{KeySource, KeysConfig, MasterKey, SealingConfig, TransitAuth, TransitConfig};
pub use license::{DeploymentMode, LicenseConfig};
pub use mail::{MailConfig, MailTls};
pub use problem::Problem;
pub use relying_party::{NoPasskeys, RelyingParty};
pub use security::SecurityConfig;
pub use server::{LogFormat, ServerConfig, TrustedProxies};
pub use sso::SsoConfig;

use std::path::PathBuf;

use crate::kernel::Redacted;

/// Where the list of breached passwords would be, which no installation has to have.
fn breaches(found: &env::Reader<'_>) -> PathBuf {
    let named = found.text("BREACH_FILE");
    named.map_or_else(|| PathBuf::from("/run/host/breaches"), PathBuf::from)
}

/// The port of the portal, for the commands that need nothing else.
#[must_use]
pub fn port_of(env: &Env) -> u16 {
    env::Reader::new(env).number("PORT", 4000, 1..=65535)
}

/// Whether insecure defaults are refused or tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEnv {
    /// Refuses to start in a knowingly insecure state.
    Production,
    /// Boots with almost nothing set.
    Development,
}

/// The whole configuration, one part for each concern.
#[derive(Clone, Debug)]
pub struct Config {
    /// Production or development.
    pub env: AppEnv,
    /// Listeners, addresses, logs.
    pub server: ServerConfig,
    /// PostgreSQL.
    pub database: DatabaseConfig,
    /// Redis.
    pub cache: CacheConfig,
    /// The master key.
    pub keys: KeysConfig,
    /// The file of the host's machine id, which makes its fingerprint.
    pub machine_id: PathBuf,
    /// What the master key is bound to, when it is.
    pub binding: Option<BindingConfig>,
    /// Where a list of breached passwords would be.
    pub breaches: PathBuf,
    /// Tokens and limits.
    pub security: SecurityConfig,
    /// Identity providers of organisations.
    pub sso: SsoConfig,
    /// Who takes mail, if anybody does.
    pub mail: Option<MailConfig>,
    /// The licence.
    pub license: LicenseConfig,
}

/// What the master key is opened with, for the commands that need nothing else.
#[derive(Clone, Debug)]
pub struct MasterKeyConfig {
    /// The master key.
    pub keys: KeysConfig,
    /// What it is bound to, when it is.
    pub binding: Option<BindingConfig>,
    /// The licence, which may be what it is bound to.
    pub license: LicenseConfig,
}

impl MasterKeyConfig {
    /// Reads it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(env: &Env) -> Result<Self, Vec<Problem>> {
        let mut found = env::Reader::new(env);
        let app_env = app_env(&mut found);
        let binding = BindingConfig::read(&mut found, app_env);
        let config = Self {
            license: LicenseConfig::read(&mut found),
            keys: keys(&mut found, app_env, binding.as_ref()),
            binding,
        };
        let problems = found.into_problems();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(problems)
        }
    }
}

/// The master key, or one in its place where it is bound and has to be opened first.
fn keys(
    found: &mut env::Reader<'_>,
    app_env: AppEnv,
    binding: Option<&BindingConfig>,
) -> KeysConfig {
    match binding {
        None => KeysConfig::read(found, app_env),
        Some(_) => KeysConfig::local(Redacted::new([0; 32])),
    }
}

fn app_env(found: &mut env::Reader<'_>) -> AppEnv {
    found.choice(
        "APP_ENV",
        &[
            ("production", AppEnv::Production),
            ("development", AppEnv::Development),
        ],
        AppEnv::Production,
    )
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(env: &Env) -> Result<Self, Vec<Problem>> {
        let mut found = env::Reader::new(env);
        let app_env = app_env(&mut found);
        let binding = BindingConfig::read(&mut found, app_env);
        let license = LicenseConfig::read(&mut found);
        let config = Self {
            env: app_env,
            server: ServerConfig::read(&mut found),
            database: DatabaseConfig::read(&mut found, app_env),
            cache: CacheConfig::read(&mut found),
            keys: keys(&mut found, app_env, binding.as_ref()),
            machine_id: binding::machine_id(&found),
            binding,
            breaches: breaches(&found),
            security: SecurityConfig::read(&mut found),
            sso: SsoConfig::read(&mut found, app_env, license.mode),
            mail: MailConfig::read(&mut found, app_env),
            license,
        };
        let mut problems = found.into_problems();
        if app_env == AppEnv::Production {
            // One sentence for each variable: what could not be read is not judged, too.
            let read = |problem: &Problem| {
                !problems
                    .iter()
                    .any(|known| known.is_about_the_same(problem))
            };
            let refusals: Vec<Problem> = posture::refusals(&config)
                .into_iter()
                .filter(read)
                .collect();
            problems.extend(refusals);
        }
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests;
