//! Writing an archive, page by page.

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Head, KIND, SealedKey, VERSION, line};
use crate::audit::chain::{self, Hash};
use crate::audit::checkpoint::{self, SignerError, Stored};
use crate::audit::verify;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::{Keyring, registry};

/// So many entries are read at a time.
const PAGE: i64 = 500;

/// An archive could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The key that signs checkpoints cannot be had.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// Where it is to begin there is no entry.
    #[error("there is no entry {0} to begin behind")]
    NoStart(i64),
    /// What comes next left the trail, by its age, while the archive was written.
    #[error("entry {0} left the trail by its age while the archive was written; write it again")]
    Pruned(i64),
}

/// Where the writing is.
#[derive(Debug)]
pub struct Writer {
    db: Db,
    org: OrgId,
    head: Option<Head>,
    checkpoints: std::collections::VecDeque<Stored>,
    key: Option<license::ed25519::PublicKey>,
    number: i64,
    at: i64,
    last: i64,
    ended: bool,
}

impl Writer {
    /// Begins. `through` is the entry behind which it begins; the first that is there where it is
    /// nothing. With `sealed_keys` it verifies with the master key alone also what earlier ones have
    /// authenticated: for whoever operates the server, and nobody else.
    ///
    /// # Errors
    /// [`ArchiveError`] when it cannot begin.
    pub async fn begin(
        (db, keys): (&Db, &Keyring),
        org: OrgId,
        through: Option<i64>,
        (now, sealed_keys): (OffsetDateTime, bool),
    ) -> Result<Self, ArchiveError> {
        chain::seal(db, keys, org).await?;
        let key = checkpoint::public(db, keys).await?;
        let mut tx = TenantTx::begin(db, org).await?;
        let ends = chain::ends(&mut tx).await?;
        let through = through.unwrap_or_else(|| ends.first.saturating_sub(1));
        let hash = hash_at(&mut tx, through)
            .await?
            .ok_or(ArchiveError::NoStart(through))?;
        let kept = if sealed_keys {
            registry::kept_audit_keys(tx.connection()).await?
        } else {
            Vec::new()
        };
        tx.finish();
        let keys = kept.into_iter().map(|(id, sealed)| SealedKey {
            id: hex::encode(id),
            sealed: hex::encode(sealed),
        });
        let head = Head {
            kind: KIND.to_owned(),
            version: VERSION,
            organization: org,
            made: now.format(&Rfc3339).unwrap_or_default(),
            through,
            hash: hex::encode(hash),
            last: ends.last,
            keys: keys.collect(),
        };
        Ok(Self {
            db: db.clone(),
            org,
            head: Some(head),
            checkpoints: std::collections::VecDeque::new(),
            key,
            number: 0,
            at: through,
            last: ends.last,
            ended: false,
        })
    }

    /// The next piece; nothing behind the last.
    ///
    /// # Errors
    /// [`ArchiveError`] when the database does not answer, or what comes next was pruned meanwhile.
    pub async fn piece(&mut self) -> Result<Option<String>, ArchiveError> {
        if self.ended {
            return Ok(None);
        }
        let mut out = String::new();
        let mut tx = TenantTx::begin(&self.db, self.org).await?;
        if let Some(head) = self.head.take() {
            out.push_str(&serde_json::to_string(&head).unwrap_or_default());
            out.push('\n');
            self.checkpoints(&mut tx, &mut out).await?;
        }
        let page = chain::following(&mut tx, self.at, PAGE).await?;
        self.all_there(&mut tx, page.first()).await?;
        let last = self.last;
        for chained in page.iter().filter(|chained| chained.seq <= last) {
            line::write(&mut out, self.org, chained);
            self.at = chained.seq;
            self.checkpoints(&mut tx, &mut out).await?;
        }
        tx.finish();
        if self.at >= last || page.is_empty() {
            out.push_str(&json!({"end": last}).to_string());
            out.push('\n');
            self.ended = true;
        }
        Ok(Some(out))
    }

    /// Whether what comes next is what follows. A gap is written as it is, for whoever verifies the file
    /// to name it, unless it is the trail that begins later now.
    async fn all_there(
        &self,
        tx: &mut TenantTx,
        next: Option<&chain::Chained>,
    ) -> Result<(), ArchiveError> {
        let due = self.at.saturating_add(1);
        if due > self.last || next.is_some_and(|next| next.seq == due) {
            return Ok(());
        }
        if chain::ends(tx).await?.first > due {
            return Err(ArchiveError::Pruned(due));
        }
        Ok(())
    }

    /// Those that end no later than the entry that was written last.
    async fn checkpoints(&mut self, tx: &mut TenantTx, out: &mut String) -> Result<(), DbError> {
        loop {
            if self.checkpoints.is_empty() && self.number >= 0 {
                let page = checkpoint::following(tx, self.number, PAGE).await?;
                self.number = page.last().map_or(-1, |last| last.number);
                self.checkpoints.extend(page);
            }
            let at = self.at;
            let Some(stored) = self.checkpoints.pop_front_if(|next| next.last_seq <= at) else {
                return Ok(());
            };
            let opened = self
                .key
                .as_ref()
                .map(|key| verify::opened(&stored, self.org, key));
            // One that does not open is missing in the file, and whoever reads it is told.
            if let Some(Ok(opened)) = opened {
                out.push_str(&json!({"checkpoint": opened.to_file()}).to_string());
                out.push('\n');
            }
        }
    }
}

async fn hash_at(tx: &mut TenantTx, seq: i64) -> Result<Option<Hash>, DbError> {
    if seq == 0 {
        return Ok(Some(chain::start(tx.org())));
    }
    let stored = checkpoint::hash_at(tx, seq).await?;
    let stored = match stored {
        Some(hash) => Some(hash),
        // Pruned: what is known of it is what was signed.
        None => {
            let covering = checkpoint::ending_at(tx, seq).await?;
            covering.and_then(|covering| covering.stated_hash())
        }
    };
    Ok(stored.and_then(|hash| hash.try_into().ok()))
}
