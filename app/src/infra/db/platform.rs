//! What stands outside of tenants: setup links and the directory of organisations.

use sqlx::{PgConnection, Postgres, Transaction};

use super::{Db, DbError};

/// A transaction without a tenant: it sees no row of any.
#[derive(Debug)]
pub struct PlatformTx {
    tx: Transaction<'static, Postgres>,
}

impl PlatformTx {
    /// Begins one.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn begin(db: &Db) -> Result<Self, DbError> {
        Ok(Self {
            tx: db.pool().begin().await?,
        })
    }

    /// The connection, for the SQL of a store.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Ends a transaction that only read. It is rolled back on the connection's way to the pool, and nobody
    /// waits for that.
    pub fn finish(self) {
        drop(self.tx);
    }

    /// Keeps what was written. No tenant has a part in it, so no audit trail does.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn commit_housekeeping(self) -> Result<(), DbError> {
        Ok(self.tx.commit().await?)
    }
}
