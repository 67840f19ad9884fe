//! The tenant transaction: the only door to a tenant's rows.

use sqlx::{PgConnection, Postgres, Transaction};

use super::{Db, DbError};
use crate::kernel::OrgId;

/// A transaction inside one organisation. It can be made only from an [`OrgId`]; the setting that
/// the policies look at is local to the transaction, so a connection that goes back to the pool
/// carries nothing of it. Dropped, it rolls back.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    org: OrgId,
}

impl TenantTx {
    /// Begins a transaction in an organisation.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn begin(db: &Db, org: OrgId) -> Result<Self, DbError> {
        Self::enter(db.pool().begin().await?, org).await
    }

    /// Begins a transaction that only reads, and sees one instant however long it reads.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn snapshot(db: &Db, org: OrgId) -> Result<Self, DbError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Self::enter(db.pool().begin_with(begin).await?, org).await
    }

    async fn enter(mut tx: Transaction<'static, Postgres>, org: OrgId) -> Result<Self, DbError> {
        sqlx::query("SELECT set_config('vaultterm.org_id', $1, true)")
            .bind(org.to_string())
            .execute(&mut *tx)
            .await?;
        Ok(Self { tx, org })
    }

    /// The organisation that this transaction is in.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// The connection, for the SQL of a store.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Ends a transaction that only read.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn finish(self) -> Result<(), DbError> {
        Ok(self.tx.rollback().await?)
    }

    /// Commits. Called by `audit` alone, after it has recorded what was done; a test holds the
    /// code to that.
    pub(crate) async fn commit_recorded(self) -> Result<(), DbError> {
        Ok(self.tx.commit().await?)
    }
}
