//! The transaction that may write, and its one commit.

use std::borrow::Cow;

use uuid::Uuid;

use super::model::{Event, Written};
use super::{canonical, exposure, naming, store};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::{AuditEventId, OrgId, Redacted};
use crate::keys::{AuditKey, Keyring};

/// An entry could not be written, so nothing was.
pub type AuditError = DbError;

/// So many entries are written with one statement.
const AT_ONCE: usize = 500;

/// An entry that is about to be written.
struct Prepared<'e> {
    id: AuditEventId,
    /// What the resource is called, sealed.
    name: Option<Vec<u8>>,
    monotonic: i64,
    event: Cow<'e, Event>,
}

impl Prepared<'_> {
    fn entry(&self, org: OrgId, server: Uuid) -> Written<'_> {
        Written {
            org,
            id: self.id,
            name: self.name.as_deref(),
            server,
            monotonic: self.monotonic,
            event: &self.event,
        }
    }
}

fn code(key: &AuditKey, entry: &Written<'_>) -> [u8; 32] {
    let text = canonical::text(&entry.into());
    key.code(&[canonical::LABEL, text.as_bytes()])
}

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
        Ok(Self::of(TenantTx::begin(db, org).await?, db))
    }

    /// Begins one whose statements run by the plan that is made of them once ([`TenantTx::begin_planned`]).
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub async fn begin_planned(db: &Db, org: OrgId) -> Result<Self, DbError> {
        Ok(Self::of(TenantTx::begin_planned(db, org).await?, db))
    }

    fn of(tx: TenantTx, db: &Db) -> Self {
        let db = db.clone();
        Self { tx, db }
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
        if events.is_empty() {
            return Err(DbError::Impossible("acts without any"));
        }
        let key = keys.audit_key();
        for some in events.chunks(AT_ONCE) {
            self.record(keys, &key, some).await?;
        }
        self.keep().await
    }

    /// The same for acts that are described one after the other: some are in memory at a time, however
    /// many there are.
    ///
    /// # Errors
    /// [`AuditError`] when one of them failed, or when there is none; then nothing is kept.
    pub async fn commit_each(
        mut self,
        keys: &Keyring,
        events: impl Iterator<Item = Event> + Send,
    ) -> Result<(), AuditError> {
        let mut events = events.peekable();
        if events.peek().is_none() {
            return Err(DbError::Impossible("acts without any"));
        }
        let key = keys.audit_key();
        while events.peek().is_some() {
            let some: Vec<Event> = events.by_ref().take(AT_ONCE).collect();
            self.record(keys, &key, &some).await?;
        }
        self.keep().await
    }

    /// Writes entries with one statement.
    async fn record(
        &mut self,
        keys: &Keyring,
        key: &AuditKey,
        events: &[Event],
    ) -> Result<(), AuditError> {
        let mut prepared = Vec::with_capacity(events.len());
        for event in events {
            prepared.push(self.prepare(key, event).await?);
        }
        let entries = prepared.iter().map(|one| {
            let entry = one.entry(self.tx.org(), keys.instance());
            let code = code(key, &entry);
            (entry, code)
        });
        let entries: Vec<_> = entries.collect();
        store::insert_all(&mut self.tx, key.id().as_bytes(), &entries).await
    }

    /// Records what was done, and keeps it: both or neither. The entry is authenticated now and takes
    /// its place in the chain a moment later, so that nobody waits for anybody here.
    ///
    /// # Errors
    /// [`AuditError`] when one of them failed; then nothing is kept.
    pub async fn commit(mut self, keys: &Keyring, event: &Event) -> Result<(), AuditError> {
        let key = keys.audit_key();
        let prepared = self.prepare(&key, event).await?;
        let entry = prepared.entry(self.tx.org(), keys.instance());
        let code = code(&key, &entry);
        store::insert(&mut self.tx, &entry, (key.id().as_bytes(), &code)).await?;
        self.keep().await
    }

    async fn keep(self) -> Result<(), AuditError> {
        let org = self.tx.org();
        self.tx.commit_recorded().await?;
        self.db.touched().note(org);
        Ok(())
    }

    /// Keeps a part of something that is not there for anybody until its last part is recorded, or from the
    /// moment on in which its end was: what comes of a file before all of it has come, what is left
    /// in a vault that was deleted.
    ///
    /// # Errors
    /// [`AuditError`] when the database failed; then nothing is kept.
    pub async fn stage(self) -> Result<(), AuditError> {
        self.tx.commit_recorded().await
    }

    async fn prepare<'e>(
        &mut self,
        key: &AuditKey,
        event: &'e Event,
    ) -> Result<Prepared<'e>, AuditError> {
        let org = self.tx.org();
        let event = match exposure::receipt(&mut self.tx, event).await? {
            Some(receipt) => Cow::Owned(event.clone().with_receipt(receipt)),
            None => Cow::Borrowed(event),
        };
        // Somebody demanded a proof for one act and records another: a fault of ours.
        if event.as_approved(org).check().is_err() {
            return Err(DbError::Impossible("an approval"));
        }
        let id = AuditEventId::new();
        let told = naming::name_of(&mut self.tx, &event).await?;
        let name = event.name.as_ref().map(Redacted::expose);
        let name = name.map(String::as_str).or(told.as_deref());
        let sealed = |name: &str| key.seal_name(org, id.as_uuid(), name);
        let name = name.map(sealed).transpose();
        let name = name.map_err(|_| DbError::Impossible("the name of a resource"))?;
        Ok(Prepared {
            id,
            name,
            monotonic: self.db.ran_micros(),
            event,
        })
    }

    /// Keeps a checkpoint that the server makes by itself, which is its own record.
    ///
    /// # Errors
    /// [`AuditError`] when the database failed; then nothing is kept.
    pub(super) async fn commit_checkpoint(self) -> Result<(), AuditError> {
        self.tx.commit_recorded().await
    }
}
