//! The transaction that may write, and its one commit.

use super::model::{Event, Numbered};
use super::{canonical, store};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::{AuditEventId, OrgId};
use crate::keys::Keyring;

/// An entry could not be written, so nothing was.
pub type AuditError = DbError;

/// A tenant transaction that may write. It ends with [`WriteTx::commit`], which records what was
/// done; dropped, it rolls back.
#[derive(Debug)]
pub struct WriteTx {
    tx: TenantTx,
}

impl WriteTx {
    /// Begins one.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn begin(db: &Db, org: OrgId) -> Result<Self, DbError> {
        Ok(Self {
            tx: TenantTx::begin(db, org).await?,
        })
    }

    /// The transaction, for the functions of a store.
    pub const fn tenant(&mut self) -> &mut TenantTx {
        &mut self.tx
    }

    /// Records what was done, and keeps it: both or neither.
    ///
    /// # Errors
    /// [`AuditError`] when one of them failed; then nothing is kept.
    pub async fn commit(mut self, keys: &Keyring, event: &Event) -> Result<(), AuditError> {
        // Somebody demanded a proof for one act and records another: a fault of ours.
        if event.as_approved(self.tx.org()).check().is_err() {
            return Err(DbError::Impossible("an approval"));
        }
        let seq = store::next_seq(&mut self.tx).await?;
        let entry = Numbered {
            org: self.tx.org(),
            id: AuditEventId::new(),
            seq,
            event,
        };
        let code = keys.audit_code(&canonical::bytes(&(&entry).into()));
        store::insert(&mut self.tx, &entry, &code).await?;
        self.tx.commit_recorded().await
    }
}
