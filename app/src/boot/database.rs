//! The database at boot: wait for it, migrate as the owner, then go on as the plain role.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;

use super::Fatal;
use crate::config::{AppEnv, DatabaseConfig};
use crate::infra::db::migrate::{self, SchemaError, SchemaStatus};
use crate::infra::db::{Db, role};

/// How long the database is waited for.
const LIMIT: Duration = Duration::from_secs(60);
/// How often the log says that it is still waited for.
const REMINDER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(250);
/// Earlier minor releases have known faults in row-level security.
const SAFE_MINOR: u32 = 15;

/// Migrates as the owner, whose connection and credential are gone when this returns, and checks
/// the role that serves.
pub(super) async fn bring_up(config: DatabaseConfig, env: AppEnv) -> Result<Db, Fatal> {
    let status = migrate_patiently(&config.owner, LIMIT).await?;
    if status.pending.is_empty() {
        tracing::info!(schema = status.newest, "database, nothing to migrate");
    } else {
        tracing::info!(schema = status.newest, applied = ?status.pending, "database, migrated");
    }
    let db = Db::prepare(&config.app, config.max_connections);
    drop(config);
    if let Err(unfit) = role::check(&db).await.map_err(Fatal::Serving)? {
        if env == AppEnv::Production {
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

async fn migrate_patiently(
    owner: &PgConnectOptions,
    limit: Duration,
) -> Result<SchemaStatus, Fatal> {
    let began = Instant::now();
    let mut said: Option<Instant> = None;
    loop {
        let error = match migrate::migrate(owner).await {
            Ok(status) => return Ok(status),
            Err(error) if !is_away(&error) => return Err(error.into()),
            Err(error) => error,
        };
        if began.elapsed() >= limit {
            return Err(Fatal::DatabaseAway(limit.as_secs(), error));
        }
        if said.is_none_or(|said| said.elapsed() >= REMINDER) {
            let reason = crate::edge::error_chain(&error);
            tracing::info!(
                host = owner.get_host(),
                port = owner.get_port(),
                waited_sec = began.elapsed().as_secs(),
                reason,
                "waiting for the database"
            );
            said = Some(Instant::now());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Not there yet, as opposed to there and refusing.
fn is_away(error: &SchemaError) -> bool {
    match error {
        SchemaError::NoAnswer => true,
        SchemaError::Database(error) => crate::infra::db::is_away(error),
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
    use std::time::Duration;

    use sqlx::postgres::PgConnectOptions;

    use super::{Fatal, is_outdated, migrate_patiently};

    #[test]
    fn only_early_sixteens_are_outdated() {
        for (version, outdated) in [
            ("16.14", true),
            ("16.15", false),
            ("16.20", false),
            ("17.1", false),
            ("?", false),
        ] {
            assert_eq!(is_outdated(version), outdated, "{version}");
        }
    }

    #[tokio::test]
    async fn a_database_that_is_not_there_is_waited_for_and_then_named() {
        // Bound and dropped: nobody listens there now.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let owner = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port);
        let fatal = migrate_patiently(&owner, Duration::from_secs(1))
            .await
            .unwrap_err();
        assert!(matches!(fatal, Fatal::DatabaseAway(1, _)), "{fatal:?}");
        assert!(
            fatal.to_string().starts_with("DATABASE_OWNER_URL"),
            "{fatal}"
        );
    }
}
