//! The pool of connections as the plain role.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use super::Touched;

/// The longest that a statement may run.
const STATEMENT_TIMEOUT_MS: &str = "10000";
/// A transaction that nobody continues is ended.
const IDLE_IN_TRANSACTION_MS: &str = "15000";
/// A connection that was used so recently is taken for a living one.
const BELIEVED: Duration = Duration::from_secs(1);

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// It cannot be reached, or refused the work.
    #[error("the database failed")]
    Sqlx(#[from] sqlx::Error),
    /// A row holds what the code never writes.
    #[error("the database holds an impossible value in {0}")]
    Impossible(&'static str),
}

impl DbError {
    /// Whether the database could not be reached at all, so that trying again later is right.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Sqlx(error) if is_away(error))
    }

    /// Whether a statement took longer than it may.
    #[must_use]
    pub fn took_too_long(&self) -> bool {
        let Self::Sqlx(sqlx::Error::Database(error)) = self else {
            return false;
        };
        error.code().is_some_and(|code| code == "57014")
    }

    /// The constraint that a statement broke, if that is what happened.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }
}

/// Whether an error says that the database is away, overloaded or going down, as opposed to
/// refusing what was asked.
pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        // Somebody answers who is no PostgreSQL, or hangs up in the middle of the first word.
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection exceptions; too many connections; a statement or a transaction that took
            // too long; shutdown, crash, start-up.
            code.starts_with("08")
                || matches!(
                    &*code,
                    "53300" | "57014" | "25P03" | "57P01" | "57P02" | "57P03"
                )
        }),
        _ => false,
    }
}

/// The database, as the plain role.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    touched: Arc<Touched>,
    began: Instant,
}

impl Db {
    /// Prepares the pool; connections are made when they are needed.
    #[must_use]
    pub fn prepare(options: &PgConnectOptions, max_connections: u32) -> Self {
        // Statements are not logged: their shape is in the code, and their values are not to be seen.
        let options = options
            .clone()
            .disable_statement_logging()
            .application_name("vaultterm")
            .options([
                ("statement_timeout", STATEMENT_TIMEOUT_MS),
                (
                    "idle_in_transaction_session_timeout",
                    IDLE_IN_TRANSACTION_MS,
                ),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(3))
            .idle_timeout(Duration::from_secs(300))
            // Asked whether it lives only when it has rested: what worked a moment ago is believed,
            // which saves a round trip each time.
            .test_before_acquire(false)
            .before_acquire(|connection, rested| {
                Box::pin(async move {
                    if rested.idle_for > BELIEVED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Self::from_pool(pool)
    }

    /// Wraps a pool that was made elsewhere (tests).
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self {
            pool,
            touched: Arc::default(),
            began: Instant::now(),
        }
    }

    /// The pool, for the questions of this module and of tests.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The organisations that were written to by way of this.
    #[must_use]
    pub fn touched(&self) -> &Touched {
        &self.touched
    }

    /// For how many microseconds this has been there: a clock that nobody sets.
    #[must_use]
    pub fn ran_micros(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// Asks whether it lives.
    ///
    /// # Errors
    /// [`DbError`] when it does not answer.
    pub async fn ping(&self) -> Result<(), DbError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// The server's version, such as `16.14`.
    ///
    /// # Errors
    /// [`DbError`] when it does not answer.
    pub async fn version(&self) -> Result<String, DbError> {
        let version: String = sqlx::query_scalar("SHOW server_version")
            .fetch_one(&self.pool)
            .await?;
        Ok(version
            .split_whitespace()
            .next()
            .unwrap_or("unknown")
            .to_owned())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
