//! Files that are attached to records.

use sqlx::Row as _;
use uuid::Uuid;

use crate::infra::db::{DbError, TenantTx};
use crate::kernel::AttachmentId;
use crate::keys::{DataKeyId, Keyring, data_key_of};
use crate::vault::attachments::File;
use crate::vault::seal::key_place;

/// So many pieces are in memory at a time: half a MiB.
const BATCH: i64 = 8;
/// So many faults of one file are named; then the rest of it is left alone.
const NAMED: usize = 10;

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Its name and size.
    Head,
    /// The piece with this number.
    Piece(i32),
}

/// What is wrong at a spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileFault {
    /// Nothing is there.
    Gone,
    /// More is there than belongs to the file.
    Beyond,
    /// It is this file's own, of another number.
    OtherPiece(i32),
    /// It is this file's own and not the last, and nothing is said to follow.
    CutOff,
    /// It is this file's own and the last, and more is said to follow.
    Extended,
    /// It is of another file of the same record.
    OtherFile(Uuid),
    /// It does not open under the record's key; the key that it names, if it names one.
    Closed(Option<DataKeyId>),
}

/// A file as it is stored. What is still coming is none.
#[derive(Debug)]
pub(crate) struct FileRow {
    pub(crate) id: Uuid,
    /// The record that it is attached to.
    pub(crate) record: Uuid,
    head: Vec<u8>,
    chunks: i32,
    wrapped_key: Vec<u8>,
}

impl FileRow {
    /// The files that follow one, in the order of their ids.
    pub(crate) async fn following(
        tx: &mut TenantTx,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Self>, DbError> {
        let statement = concat!(
            "SELECT a.id, a.secret_id, a.sealed_head, a.chunks, k.wrapped_key
             FROM attachments a LEFT JOIN data_keys k ON k.org_id = a.org_id AND k.id = a.secret_id
             WHERE a.org_id = $1 AND a.id > $2 AND a.sealed_head IS NOT NULL AND NOT ",
            goes_with_its_vault!("a.org_id", "a.secret_id"),
            " ORDER BY a.id LIMIT $3",
        );
        super::page(tx, statement, (after, limit), |row| {
            let key: Option<Vec<u8>> = row.try_get("wrapped_key")?;
            Ok(Self {
                id: row.try_get("id")?,
                record: row.try_get("secret_id")?,
                head: row.try_get("sealed_head")?,
                chunks: row.try_get("chunks")?,
                wrapped_key: key.unwrap_or_default(),
            })
        })
        .await
    }

    /// What does not belong where it stands. Where the record's key does not open, that is said of the
    /// record, and nothing more can be said of its files.
    pub(crate) async fn faults(
        &self,
        tx: &mut TenantTx,
        keys: &Keyring,
    ) -> Result<Vec<(Spot, FileFault)>, DbError> {
        let org = tx.org();
        let place = key_place(org, self.record);
        let Ok(key) = keys.unwrap_data_key(&place, &self.wrapped_key) else {
            return Ok(Vec::new());
        };
        let mut look = Look {
            file: File {
                org,
                id: AttachmentId::from_uuid(self.id),
                key,
            },
            chunks: self.chunks,
            faults: Vec::new(),
        };
        if look.file.open_any_head(&self.head).is_err() {
            look.closed((Spot::Head, &self.head), None);
        }
        let mut next = 0;
        while look.faults.len() < NAMED {
            let rows = pieces(tx, self.id, (next, BATCH)).await?;
            let Some((last, _)) = rows.last() else { break };
            let last = *last;
            for (number, sealed) in &rows {
                look.piece(&mut next, (*number, sealed));
            }
            next = last.saturating_add(1);
        }
        look.missing(next);
        look.name_files(tx, self.record).await?;
        Ok(look
            .faults
            .into_iter()
            .map(|(spot, fault, _)| (spot, fault))
            .collect())
    }
}

/// Pieces of a file from a number on.
async fn pieces(
    tx: &mut TenantTx,
    file: Uuid,
    (first, most): (i32, i64),
) -> Result<Vec<(i32, Vec<u8>)>, DbError> {
    let org = tx.org();
    Ok(sqlx::query_as(
        "SELECT number, sealed FROM attachment_chunks
         WHERE org_id = $1 AND attachment_id = $2 AND number >= $3 ORDER BY number LIMIT $4",
    )
    .bind(org)
    .bind(file)
    .bind(first)
    .bind(most)
    .fetch_all(tx.connection())
    .await?)
}

/// Other files of a record.
async fn siblings(tx: &mut TenantTx, record: Uuid) -> Result<Vec<Uuid>, DbError> {
    let org = tx.org();
    Ok(
        sqlx::query_scalar("SELECT id FROM attachments WHERE org_id = $1 AND secret_id = $2")
            .bind(org)
            .bind(record)
            .fetch_all(tx.connection())
            .await?,
    )
}

/// One file that is looked at. What opens nowhere in it is kept until its owner was looked for.
struct Look {
    file: File,
    chunks: i32,
    faults: Vec<(Spot, FileFault, Vec<u8>)>,
}

impl Look {
    fn found(&mut self, spot: Spot, fault: FileFault) {
        self.faults.push((spot, fault, Vec::new()));
    }

    /// One piece, where `next` is expected.
    fn piece(&mut self, next: &mut i32, (number, sealed): (i32, &[u8])) {
        self.missing_until(*next, number.min(self.chunks));
        *next = number.saturating_add(1);
        let spot = Spot::Piece(number);
        if number >= self.chunks {
            return self.found(spot, FileFault::Beyond);
        }
        let is_last = number.saturating_add(1) == self.chunks;
        if self.file.open(number, is_last, sealed).is_err() {
            let known = self.other_place(number, is_last, sealed);
            self.closed((spot, sealed), known);
        }
    }

    /// Where in this very file a piece belongs that does not belong where it stands.
    fn other_place(&self, number: i32, is_last: bool, sealed: &[u8]) -> Option<FileFault> {
        let says = super::version_of(sealed)?;
        let opens = |is_last| self.file.open(says, is_last, sealed).is_ok();
        if !opens(true) && !opens(false) {
            return None;
        }
        Some(match (says == number, is_last) {
            (false, _) => FileFault::OtherPiece(says),
            (true, true) => FileFault::CutOff,
            (true, false) => FileFault::Extended,
        })
    }

    fn closed(&mut self, (spot, sealed): (Spot, &[u8]), known: Option<FileFault>) {
        match known {
            Some(fault) => self.found(spot, fault),
            None => {
                let fault = FileFault::Closed(data_key_of(sealed));
                self.faults.push((spot, fault, sealed.to_vec()));
            }
        }
    }

    fn missing(&mut self, next: i32) {
        if self.faults.len() < NAMED {
            self.missing_until(next, self.chunks);
        }
    }

    fn missing_until(&mut self, next: i32, end: i32) {
        let room = NAMED.saturating_sub(self.faults.len());
        for number in (next..end).take(room) {
            self.found(Spot::Piece(number), FileFault::Gone);
        }
    }

    /// What is sealed under the record's key and does not open here may be another file's of it.
    async fn name_files(&mut self, tx: &mut TenantTx, record: Uuid) -> Result<(), DbError> {
        let own = Some(self.file.key.id());
        let under_own = |fault: &FileFault| matches!(fault, FileFault::Closed(id) if *id == own);
        if !self.faults.iter().any(|(_, fault, _)| under_own(fault)) {
            return Ok(());
        }
        let own_id = self.file.id;
        for sibling in siblings(tx, record).await? {
            self.file.id = AttachmentId::from_uuid(sibling);
            for (spot, fault, sealed) in &mut self.faults {
                if under_own(fault) && opens_in(&self.file, *spot, sealed) {
                    *fault = FileFault::OtherFile(sibling);
                }
            }
        }
        self.file.id = own_id;
        Ok(())
    }
}

fn opens_in(file: &File, spot: Spot, sealed: &[u8]) -> bool {
    let says = super::version_of(sealed).unwrap_or_default();
    match spot {
        Spot::Head => file.open_any_head(sealed).is_ok(),
        Spot::Piece(_) => {
            file.open(says, true, sealed).is_ok() || file.open(says, false, sealed).is_ok()
        }
    }
}
