//! The schema: migrations embedded in the binary, applied as the owner.
//!
//! Replicas that boot at once take turns by an advisory lock, taken by polling, so that nobody
//! waits inside the database. Checksums of what was applied are compared before anything runs.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::Db;

/// Where the applied migrations are recorded.
pub const TABLE: &str = "schema_migrations";
/// Any number that nobody else uses: "VTMIGRAT" in ASCII.
const LOCK: i64 = 0x5654_4d49_4752_4154;
/// How long another replica's migrations are waited for.
const LOCK_LIMIT: Duration = Duration::from_secs(600);
/// How long a connection may take to be made: a host that swallows packets never answers.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// What can be wrong with the schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The database does not answer.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Nobody answered in time.
    #[error("the database does not answer")]
    NoAnswer,
    /// The database was migrated by a newer release.
    #[error(
        "the schema is at {found}, newer than this release's {newest}: start the release that \
             made it, or restore the backup taken before it"
    )]
    Newer {
        /// The newest migration applied.
        found: i64,
        /// The newest that this binary knows.
        newest: i64,
    },
    /// An applied migration is not what this binary carries.
    #[error(
        "migration {0:04} was applied from a different file: the database was not made by a \
             released version; restore a backup"
    )]
    Changed(i64),
    /// Another replica holds the lock for too long.
    #[error("another process has been migrating for ten minutes: look at its log")]
    Locked,
    /// A migration failed; it was rolled back.
    #[error("a migration failed and was rolled back")]
    Migration(#[source] MigrateError),
}

/// How the schema stands against this binary.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaStatus {
    /// The newest migration applied; 0 for an empty database.
    pub applied: i64,
    /// The newest that this binary carries.
    pub newest: i64,
    /// What would be applied.
    pub pending: Vec<i64>,
}

impl SchemaStatus {
    /// Whether nothing is to be done.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.pending.is_empty() && self.applied == self.newest
    }
}

/// The migrations that this binary carries.
#[must_use]
pub fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../migrations");
    // Ours is the polled lock below.
    migrator.dangerous_set_table_name(TABLE);
    migrator.set_locking(false);
    migrator
}

/// The newest migration that this binary carries.
#[must_use]
pub fn newest() -> i64 {
    migrator()
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

/// Brings the schema up to date as the owner, and forgets the owner's connection.
///
/// # Errors
/// [`SchemaError`]; a migration that fails leaves the schema as it was before it.
pub async fn migrate(owner: &PgConnectOptions) -> Result<SchemaStatus, SchemaError> {
    let mut connection = connect(owner).await?;
    lock(&mut connection).await?;
    let before = inspect(&mut connection).await;
    let outcome = match before {
        Ok(status) if status.pending.is_empty() => Ok(status),
        Ok(status) => match migrator().run_direct(None, &mut connection, false).await {
            Ok(()) => Ok(status),
            Err(error) => Err(SchemaError::Migration(error)),
        },
        Err(error) => Err(error),
    };
    // Closing the session frees the lock in any case.
    connection.close().await?;
    outcome
}

/// How the schema stands, as any role that may read the record.
///
/// # Errors
/// [`SchemaError`], also when the schema is newer or of another making.
pub async fn status(owner: &PgConnectOptions) -> Result<SchemaStatus, SchemaError> {
    let mut connection = connect(owner).await?;
    let status = inspect(&mut connection).await;
    connection.close().await?;
    status
}

/// The newest migration applied, as the plain role sees it.
///
/// # Errors
/// [`sqlx::Error`] when the database does not answer.
pub async fn applied(db: &Db) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM schema_migrations WHERE success")
        .fetch_one(db.pool())
        .await
}

async fn connect(owner: &PgConnectOptions) -> Result<PgConnection, SchemaError> {
    let options = owner.clone().application_name("vaultterm migrate");
    match tokio::time::timeout(CONNECT_LIMIT, options.connect()).await {
        Ok(connection) => Ok(connection?),
        Err(_) => Err(SchemaError::NoAnswer),
    }
}

async fn lock(connection: &mut PgConnection) -> Result<(), SchemaError> {
    let mut waited = Duration::ZERO;
    loop {
        let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut *connection)
            .await?;
        if free {
            return Ok(());
        }
        if waited >= LOCK_LIMIT {
            return Err(SchemaError::Locked);
        }
        let pause = Duration::from_millis(100);
        tokio::time::sleep(pause).await;
        waited += pause;
    }
}

async fn inspect(connection: &mut PgConnection) -> Result<SchemaStatus, SchemaError> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(TABLE)
        .fetch_one(&mut *connection)
        .await?;
    let rows: Vec<(i64, Vec<u8>)> = if exists {
        sqlx::query_as("SELECT version, checksum FROM schema_migrations ORDER BY version")
            .fetch_all(connection)
            .await?
    } else {
        Vec::new()
    };
    compare(&rows.into_iter().collect())
}

fn compare(applied: &BTreeMap<i64, Vec<u8>>) -> Result<SchemaStatus, SchemaError> {
    let migrator = migrator();
    let newest = newest();
    let found = applied.keys().max().copied().unwrap_or(0);
    if found > newest {
        return Err(SchemaError::Newer { found, newest });
    }
    for migration in migrator.iter() {
        if let Some(checksum) = applied.get(&migration.version)
            && *checksum != *migration.checksum
        {
            return Err(SchemaError::Changed(migration.version));
        }
    }
    let pending = migrator
        .iter()
        .map(|migration| migration.version)
        .filter(|version| !applied.contains_key(version))
        .collect();
    Ok(SchemaStatus {
        applied: found,
        newest,
        pending,
    })
}
