//! The transaction that may write, and its one commit.

use super::model::{Event, Written};
use super::{canonical, exposure, store};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::{AuditEventId, OrgId, Redacted};
use crate::keys::Keyring;

/// An entry could not be written, so nothing was.
pub type AuditError = DbError;

/// A tenant transaction that may write. It ends with [`WriteTx::commit`], which records what was
/// done; dropped, it rolls back.
#[derive(Debug)]
pub struct WriteTx {
    tx: TenantTx,
    db: Db,
}

impl WriteTx {
    /// Begins one.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn begin(db: &Db, org: OrgId) -> Result<Self, DbError> {
        Ok(Self {
            tx: TenantTx::begin(db, org).await?,
            db: db.clone(),
        })
    }

    /// The transaction, for the functions of a store.
    pub const fn tenant(&mut self) -> &mut TenantTx {
        &mut self.tx
    }

    /// Records several acts, each with an entry of its own, and keeps them: all or nothing.
    ///
    /// # Errors
    /// [`AuditError`] when one of them failed, or when there is none; then nothing is kept.
    pub async fn commit_all(mut self, keys: &Keyring, events: &[Event]) -> Result<(), AuditError> {
        let Some((last, others)) = events.split_last() else {
            return Err(DbError::Impossible("acts without any"));
        };
        for event in others {
            self.record(keys, event).await?;
        }
        self.commit(keys, last).await
    }

    /// Records what was done, and keeps it: both or neither. The entry is authenticated now and takes
    /// its place in the chain a moment later, so that nobody waits for anybody here.
    ///
    /// # Errors
    /// [`AuditError`] when one of them failed; then nothing is kept.
    pub async fn commit(mut self, keys: &Keyring, event: &Event) -> Result<(), AuditError> {
        let org = self.tx.org();
        self.record(keys, event).await?;
        self.tx.commit_recorded().await?;
        self.db.touched().note(org);
        Ok(())
    }

    /// Keeps a part of something that is not there for anybody until its last part is recorded: what
    /// comes of a file before all of it has come.
    ///
    /// # Errors
    /// [`AuditError`] when the database failed; then nothing is kept.
    pub async fn stage(self) -> Result<(), AuditError> {
        self.tx.commit_recorded().await
    }

    async fn record(&mut self, keys: &Keyring, event: &Event) -> Result<(), AuditError> {
        let org = self.tx.org();
        let with_receipt = exposure::receipt(&mut self.tx, event)
            .await?
            .map(|receipt| event.clone().with_receipt(receipt));
        let event = with_receipt.as_ref().unwrap_or(event);
        // Somebody demanded a proof for one act and records another: a fault of ours.
        if event.as_approved(org).check().is_err() {
            return Err(DbError::Impossible("an approval"));
        }
        let (id, key) = (AuditEventId::new(), keys.audit_key());
        let sealed = |name: &Redacted<String>| key.seal_name(org, id.as_uuid(), name.expose());
        let name = event.name.as_ref().map(sealed).transpose();
        let name = name.map_err(|_| DbError::Impossible("the name of a resource"))?;
        let entry = Written {
            org,
            id,
            name: name.as_deref(),
            server: keys.instance(),
            monotonic: self.db.ran_micros(),
            event,
        };
        let text = canonical::text(&(&entry).into());
        let mac = key.code(&[canonical::LABEL, text.as_bytes()]);
        store::insert(&mut self.tx, &entry, (key.id().as_bytes(), &mac)).await
    }

    /// Keeps a checkpoint that the server makes by itself, which is its own record.
    ///
    /// # Errors
    /// [`AuditError`] when the database failed; then nothing is kept.
    pub(super) async fn commit_checkpoint(self) -> Result<(), AuditError> {
        self.tx.commit_recorded().await
    }
}
