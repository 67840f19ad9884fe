//! Start-up as a story: configuration and guards, licence, master key, database, cache,
//! listeners. Each step says one line; each refusal is one sentence with the cure.

mod database;
mod fatal;
mod health;
mod listeners;
mod planes;
mod readiness;
mod sealed;
#[cfg(test)]
mod tests;

use std::time::Instant;

pub use fatal::Fatal;
pub use planes::{admin_plane, tenant_api, tenant_plane};
pub use readiness::Readiness;
#[cfg(test)]
pub(crate) use sealed::plane as sealed_plane;

use crate::config::{Config, Env, KeysConfig};
use crate::context::{App, Parts};
use crate::infra::cache::Cache;
use crate::infra::db::migrate;
use crate::infra::telemetry;
use crate::kernel::Clock;
use crate::keys::{Keyring, binding, registry};
use crate::{entitlements, identity};

/// Reads the configuration, or says all that is wrong with it, and opens a bound master key.
///
/// # Errors
/// [`Fatal::Config`]; [`Fatal::Sealed`] when the master key is bound to something else.
pub fn configure(env: &Env) -> Result<Config, Fatal> {
    let mut config = Config::load(env).map_err(Fatal::Config)?;
    if let Some(binding) = &config.binding {
        let key = binding::open(binding, &config.license)?;
        config.keys = KeysConfig::local(key);
    }
    Ok(config)
}

/// Boots, serves until a signal, and stops. Takes the environment, so that nothing of it lives
/// longer than the reading of the configuration.
///
/// # Errors
/// [`Fatal`] when it must not or cannot serve.
pub async fn serve(env: Env, clock: Clock) -> Result<(), Fatal> {
    let started = Instant::now();
    let config = match configure(&env) {
        Err(Fatal::Sealed(why)) if why.is_another() => return sealed::serve(&env, why).await,
        configured => configured?,
    };
    drop(env);
    telemetry::start(&config.server);
    let metrics = health::install_metrics()?;
    let keys = license::keys::kind();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        keys = keys.as_str(),
        "configuration is good{}",
        keys.version_suffix()
    );
    let app = assemble(config, clock).await?;
    listeners::run(&app, metrics, started).await
}

/// Everything between the configuration and the listeners. Takes the configuration: the owner's
/// credential and the master key are gone when this returns.
///
/// # Errors
/// [`Fatal`] when it must not or cannot serve.
pub async fn assemble(config: Config, clock: Clock) -> Result<App, Fatal> {
    let license = entitlements::load(&config.license, config.env, clock.now())?;
    let view = license.view(clock.now());
    if matches!(view.standing, "grace" | "lapsed" | "not-yet-valid") {
        tracing::warn!(standing = view.standing, "the licence needs renewal");
    } else {
        tracing::info!(standing = view.standing, tier = view.tier, "licence");
    }
    let keys = Keyring::from_master(&config.keys.master_key);
    drop(config.keys);
    tracing::info!(key = %keys.id(), provider = "local", "master key");
    let db = database::bring_up(config.database, config.env).await?;
    registry::claim(&db, &keys, clock.now())
        .await
        .map_err(Fatal::Serving)??;
    let cache = Cache::prepare(&config.cache).map_err(Fatal::Cache)?;
    match cache.ping().await {
        Ok(()) => tracing::info!("cache"),
        Err(error) => tracing::warn!(%error, "not ready until the cache answers"),
    }
    Ok(App::new(Parts {
        db,
        cache,
        keys,
        license,
        server: config.server,
        security: config.security,
        clock,
        started: Instant::now(),
        schema: migrate::newest(),
        password_work: tokio::sync::Semaphore::new(identity::PARALLEL_HASHES),
    }))
}
