//! The tenant transaction: the only door to a tenant's rows.

use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};
use time::OffsetDateTime;

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
        Self::enter(db, "BEGIN", org, "").await
    }

    /// Begins one whose statements run by the plan that is made of them once. For what is asked most, where
    /// one index is right whatever is asked for: the server makes a plan anew each time otherwise, by its
    /// guess of what that saves, and that takes longer than to run it.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn begin_planned(db: &Db, org: OrgId) -> Result<Self, DbError> {
        let planned = "; SET LOCAL plan_cache_mode = force_generic_plan";
        Self::enter(db, "BEGIN", org, planned).await
    }

    /// Begins a transaction that only reads, and sees one instant however long it reads.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn snapshot(db: &Db, org: OrgId) -> Result<Self, DbError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Self::enter(db, begin, org, "").await
    }

    /// One trip to the server for all of it. What is put into the text is an id, which has no other form.
    async fn enter(
        db: &Db,
        begin: &'static str,
        org: OrgId,
        more: &'static str,
    ) -> Result<Self, DbError> {
        let id = org.as_uuid().hyphenated();
        let text = format!("{begin}; SET LOCAL vaultterm.org_id = '{id}'{more}");
        let tx = db.pool().begin_with(AssertSqlSafe(text)).await?;
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

    /// When it began, by the clock of the database.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn began_at(&mut self) -> Result<OffsetDateTime, DbError> {
        let began = sqlx::query_scalar("SELECT now()");
        Ok(began.fetch_one(self.connection()).await?)
    }

    /// Ends a transaction that only read. It is rolled back on the connection's way to the pool, and nobody
    /// waits for that.
    pub fn finish(self) {
        drop(self.tx);
    }

    /// Commits. Called by `audit` alone, after it has recorded what was done; a test holds the
    /// code to that.
    pub(crate) async fn commit_recorded(self) -> Result<(), DbError> {
        Ok(self.tx.commit().await?)
    }
}
