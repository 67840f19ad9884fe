//! Questions asked before a tenant is known: who is this, and where do they belong?

use sqlx::{PgConnection, Postgres, Transaction};

use super::{Db, DbError};
use crate::kernel::UserId;

/// A transaction that sees one account and its memberships, or one token, and nothing else.
#[derive(Debug)]
pub struct LookupTx {
    tx: Transaction<'static, Postgres>,
}

impl LookupTx {
    /// Looks at the account with this address.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn by_email(db: &Db, email: &str) -> Result<Self, DbError> {
        let mut tx = db.pool().begin().await?;
        sqlx::query("SELECT set_config('vaultterm.lookup_email', $1, true)")
            .bind(email)
            .execute(&mut *tx)
            .await?;
        Ok(Self { tx })
    }

    /// Looks at the account with this id.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn by_user(db: &Db, user: UserId) -> Result<Self, DbError> {
        let mut this = Self {
            tx: db.pool().begin().await?,
        };
        this.narrow_to(user).await?;
        Ok(this)
    }

    /// Looks at the token with this digest (SHA-256).
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn by_token(db: &Db, digest: &[u8; 32]) -> Result<Self, DbError> {
        let mut tx = db.pool().begin().await?;
        sqlx::query("SELECT set_config('vaultterm.lookup_token', $1, true)")
            .bind(hex::encode(digest))
            .execute(&mut *tx)
            .await?;
        Ok(Self { tx })
    }

    /// Looks at the invitation whose token has this digest.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn by_invitation(db: &Db, digest: [u8; 32]) -> Result<Self, DbError> {
        let mut tx = db.pool().begin().await?;
        sqlx::query("SELECT set_config('vaultterm.lookup_invitation', $1, true)")
            .bind(hex::encode(digest))
            .execute(&mut *tx)
            .await?;
        Ok(Self { tx })
    }

    /// Looks at the link to a record whose token has this digest (SHA-256).
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn by_link(db: &Db, digest: &[u8; 32]) -> Result<Self, DbError> {
        let mut tx = db.pool().begin().await?;
        sqlx::query("SELECT set_config('vaultterm.lookup_link', $1, true)")
            .bind(hex::encode(digest))
            .execute(&mut *tx)
            .await?;
        Ok(Self { tx })
    }

    /// Looks at what lists a domain: the organisation whose provider its people are sent to, and the
    /// policies that let them sign up; with `*`, at the policies that let anybody.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn by_domain(db: &Db, domain: &str) -> Result<Self, DbError> {
        let mut tx = db.pool().begin().await?;
        sqlx::query("SELECT set_config('vaultterm.lookup_domain', $1, true)")
            .bind(domain)
            .execute(&mut *tx)
            .await?;
        Ok(Self { tx })
    }

    /// Goes on with one account.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn narrow_to(&mut self, user: UserId) -> Result<(), DbError> {
        sqlx::query("SELECT set_config('vaultterm.lookup_user', $1, true)")
            .bind(user.to_string())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The connection, for the SQL of a store.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Ends it; nothing is written. It is rolled back on the connection's way to the pool, and nobody
    /// waits for that.
    pub fn finish(self) {
        drop(self.tx);
    }
}
