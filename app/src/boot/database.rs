//! The database at boot: wait for it, migrate as the owner, then go on as the plain role.

use std::time::Duration;

use super::Fatal;
use crate::config::{AppEnv, Config};
use crate::infra::db::migrate::{self, SchemaError, SchemaStatus};
use crate::infra::db::{Db, role};

/// How long the database is waited for.
const LIMIT: Duration = Duration::from_secs(60);
/// Earlier minor releases have known faults in row-level security.
const SAFE_MINOR: u32 = 15;

/// Migrates as the owner, whose connection and credential are gone when this returns, and checks
/// the role that serves.
pub(super) async fn bring_up(config: &Config) -> Result<Db, Fatal> {
    let status = migrate_patiently(config).await?;
    if status.pending.is_empty() {
        tracing::info!(schema = status.newest, "database, nothing to migrate");
    } else {
        tracing::info!(schema = status.newest, applied = ?status.pending, "database, migrated");
    }
    let db = Db::prepare(&config.database.app, config.database.max_connections);
    if let Err(unfit) = role::check(&db).await.map_err(Fatal::Serving)? {
        if config.env == AppEnv::Production {
            return Err(unfit.into());
        }
        tracing::warn!(%unfit, "tolerated in development only");
    }
    let version = db.version().await.map_err(Fatal::Serving)?;
    if is_outdated(&version) {
        tracing::warn!(
            version,
            "PostgreSQL 16 before 16.15 has known faults in row-level security; update it"
        );
    }
    Ok(db)
}

async fn migrate_patiently(config: &Config) -> Result<SchemaStatus, Fatal> {
    let mut waited = Duration::ZERO;
    loop {
        match migrate::migrate(&config.database.owner).await {
            Ok(status) => return Ok(status),
            Err(error) if !is_away(&error) => return Err(error.into()),
            Err(error) if waited >= LIMIT => {
                return Err(Fatal::DatabaseAway(LIMIT.as_secs(), error));
            }
            Err(_) => {
                if waited.is_zero() {
                    tracing::info!("waiting for the database");
                }
                let pause = Duration::from_millis(250);
                tokio::time::sleep(pause).await;
                waited += pause;
            }
        }
    }
}

/// Not there yet, as opposed to there and refusing: no connection, or still starting up
/// (SQLSTATE 57P03).
fn is_away(error: &SchemaError) -> bool {
    match error {
        SchemaError::Database(sqlx::Error::Io(_)) => true,
        SchemaError::Database(sqlx::Error::Database(error)) => {
            error.code().is_some_and(|code| code == "57P03")
        }
        _ => false,
    }
}

fn is_outdated(version: &str) -> bool {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(u32::MAX));
    matches!((parts.next(), parts.next()), (Some(16), Some(minor)) if minor < SAFE_MINOR)
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_early_sixteens_are_outdated() {
        for (version, outdated) in [
            ("16.14", true),
            ("16.15", false),
            ("16.20", false),
            ("17.1", false),
            ("?", false),
        ] {
            assert_eq!(super::is_outdated(version), outdated, "{version}");
        }
    }
}
