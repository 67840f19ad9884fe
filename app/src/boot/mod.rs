//! Start-up as a story: configuration and guards, licence, master key, database, cache,
//! listeners. Each step says one line; each refusal is one sentence with the cure.

mod chores;
mod database;
mod description;
mod fatal;
mod health;
mod listeners;
mod planes;
mod readiness;
mod sealed;
mod sealing;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use time::OffsetDateTime;

pub use fatal::Fatal;
pub use planes::{admin_plane, tenant_api, tenant_plane};
pub use readiness::Readiness;
#[cfg(test)]
pub(crate) use sealed::plane as sealed_plane;

use crate::config::{Config, Env, KeysConfig, MasterKeyConfig};
use crate::context::{App, Parts};
use crate::entitlements::{Ground, Licensing, Opens, Place};
use crate::infra::breaches::BreachList;
use crate::infra::cache::Cache;
use crate::infra::db::migrate;
use crate::infra::mail::Mail;
use crate::infra::memory::Memory;
use crate::infra::telemetry;
use crate::isolation::Watch;
use crate::kernel::{Clock, error_chain};
use crate::keys::{binding, provider, registry};
use crate::{entitlements, identity, isolation};

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

/// The master key alone, for the commands that need nothing else.
///
/// # Errors
/// [`Fatal`] when it is not given, or is bound to something else than this.
pub fn configure_master_key(env: &Env) -> Result<KeysConfig, Fatal> {
    let config = MasterKeyConfig::load(env).map_err(Fatal::Config)?;
    Ok(match &config.binding {
        None => config.keys,
        Some(binding) => KeysConfig::local(binding::open(binding, &config.license)?),
    })
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
    let place = place(&config);
    let presented = entitlements::present(&config.license, config.env, clock.now())?;
    let keys = provider::keyring(config.keys).await?;
    let db = database::bring_up(config.database, config.env).await?;
    registry::claim(&db, &keys, clock.now())
        .await
        .map_err(Fatal::Serving)??;
    let isolation = Watch::default();
    isolation::at_boot(&db, &isolation).await;
    let ground = Ground {
        db: &db,
        keys: &keys,
        clock: &clock,
    };
    let license =
        entitlements::establish(presented, &config.license, config.env, ground, place).await?;
    announce(&license, clock.now());
    let passwords = identity::calibrate(&db).await.map_err(Fatal::Serving)?;
    let mail = config.mail.as_ref().map(Mail::start).transpose()?;
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
        sso: config.sso,
        clock,
        started: Instant::now(),
        isolation,
        schema: migrate::newest(),
        passwords,
        mail,
        breaches: breaches(&config.breaches),
        memory: Memory::default(),
    }))
}

/// The list of breached passwords. One that cannot be used keeps nobody from their vaults.
fn breaches(path: &Path) -> Option<Arc<BreachList>> {
    match BreachList::open(path) {
        Ok(list) => {
            tracing::info!(there = list.is_some(), "list of breached passwords");
            list.map(Arc::new)
        }
        Err(error) => {
            tracing::warn!(error = error_chain(&error), "no list of breached passwords");
            None
        }
    }
}

/// What a licence has to fit: this host, and a master key that is bound to a licence.
fn place(config: &Config) -> Place {
    let host = binding::fingerprint(&config.machine_id);
    let sealed = config
        .binding
        .as_ref()
        .map(|binding| binding.sealed.clone());
    Place {
        host: host.map_or_else(|_| String::new(), |host| host.to_string()),
        opens: sealed
            .map(|sealed| -> Opens { Arc::new(move |digest| binding::covers(&sealed, digest)) }),
    }
}

/// One line about the licence. A bad standing is a warning: the server serves, with less.
fn announce(license: &Licensing, now: OffsetDateTime) {
    let (standing, tier) = (license.standing(now), license.entitlements(now).tier());
    let tier = tier.as_str();
    if matches!(standing, "valid" | "unlicensed") {
        tracing::info!(standing, tier, "licence");
    } else {
        tracing::warn!(standing, tier, "the licence needs attention");
    }
}
