//! Writing the file while it is sent.

use std::collections::BTreeMap;
use std::io::{self, Write};

use age::secrecy::SecretString;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use zeroize::Zeroizing;

use super::bitwarden;
use super::left_out::{LeftOut, Reason};
use crate::authz::{ManageMembers, Read};
use crate::context::App;
use crate::edge::{Caller, error_chain};
use crate::infra::db::TenantTx;
use crate::kernel::{Cursor, Redacted, SecretId, VaultId};
use crate::vault::access::{demand, demand_record, still_here};
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::Content;
use crate::vault::secrets::{self, unreadable};
use crate::vault::store::sealed::{self, Part, Whole};
use crate::vault::store::versions;

/// So many records are in the clear at once.
const SLICE: i64 = 100;
/// So many pieces wait for whoever takes them.
const AHEAD: usize = 2;

/// What is written: the records that the trail has, as long as they may be seen, and by whoever asked.
pub(super) struct Source {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) vault: VaultId,
    pub(super) taken: BTreeMap<SecretId, i32>,
    pub(super) left_out: Vec<LeftOut>,
}

/// The rest cannot be read.
struct BrokenOff;

type Piece = Result<Zeroizing<Vec<u8>>, BrokenOff>;

/// A body that is written while it is read. When it cannot be written to its end it breaks off, and
/// age takes no file that was cut.
pub(super) fn written(source: Source, passphrase: Redacted<String>) -> Body {
    let (plain, to_seal) = channel::<Piece>(AHEAD);
    let (sealed, to_send) = channel::<io::Result<Bytes>>(AHEAD);
    tokio::spawn(async move {
        if let Err(error) = read(source, &plain).await {
            tracing::error!(error = error_chain(&error), "an export broke off");
            drop(plain.send(Err(BrokenOff)).await);
        }
    });
    tokio::task::spawn_blocking(move || {
        let failed = sealed.clone();
        if let Err(error) = seal(to_seal, sealed, &passphrase) {
            drop(failed.blocking_send(Err(error)));
        }
    });
    Body::from_stream(stream::unfold(to_send, |mut to_send| async move {
        let piece = to_send.recv().await?;
        Some((piece, to_send))
    }))
}

/// Opens records some at a time, and hands them on as JSON.
async fn read(mut source: Source, plain: &Sender<Piece>) -> Result<(), Error> {
    let mut after = None;
    let mut between = "";
    let mut piece = Zeroizing::new(bitwarden::BEFORE.as_bytes().to_vec());
    loop {
        let mut tx = TenantTx::begin(&source.app.db, source.caller.org).await?;
        let caller = still_here(&source.app, &mut tx, source.caller).await?;
        demand::<ManageMembers>(&mut tx, caller, source.vault).await?;
        let permit = demand::<Read>(&mut tx, caller, source.vault).await?;
        let part = Part {
            kind: None,
            after,
            limit: SLICE,
        };
        let rows = sealed::following(&mut tx, permit, part).await?;
        let Some(last) = rows.last() else {
            break;
        };
        after = Some(Cursor(last.id.as_uuid()));
        for row in &rows {
            // Others came meanwhile.
            let Some(version) = source.taken.remove(&row.id) else {
                continue;
            };
            match source.content(&mut tx, row, version).await? {
                Ok(content) => {
                    piece.extend_from_slice(between.as_bytes());
                    let id = row.id.as_uuid().to_string();
                    piece.extend_from_slice(&bitwarden::item(&id, &content, row.favourite));
                    between = ",";
                }
                Err(reason) => source.left_out.push(LeftOut { id: row.id, reason }),
            }
        }
        tx.finish();
        // Whoever took it has gone: nothing more is opened.
        if plain.send(Ok(std::mem::take(&mut piece))).await.is_err() {
            return Ok(());
        }
    }
    let gone = std::mem::take(&mut source.taken).into_keys();
    let reason = Reason::Gone;
    source
        .left_out
        .extend(gone.map(|id| LeftOut { id, reason }));
    piece.extend(bitwarden::after(&source.left_out));
    drop(plain.send(Ok(piece)).await);
    Ok(())
}

impl Source {
    /// What a record held at the version that the trail names, or why that cannot be had.
    async fn content(
        &self,
        tx: &mut TenantTx,
        row: &Whole,
        version: i32,
    ) -> Result<Result<Content, Reason>, Error> {
        match self.opened(tx, row, version).await {
            Err(error) => {
                unreadable::noted(tx, row.id, error).await?;
                Ok(Err(Reason::Unreadable))
            }
            found => found,
        }
    }

    async fn opened(
        &self,
        tx: &mut TenantTx,
        row: &Whole,
        version: i32,
    ) -> Result<Result<Content, Reason>, Error> {
        let record = secrets::record(&self.app, self.caller.org, row.id);
        // The newest version says whether those before it may be seen.
        if !record.open_meta(&row.sealed.head)?.shows(version) {
            return Ok(Err(Reason::InjectOnly));
        }
        if row.sealed.head.version == version {
            return Ok(Ok(record.open(&row.sealed)?.1));
        }
        let which = Which {
            vault: self.vault,
            secret: row.id,
        };
        let permit = demand_record::<Read>(tx, self.caller, which).await?;
        let Some(kept) = versions::one(tx, permit, version).await? else {
            return Ok(Err(Reason::Gone));
        };
        Ok(Ok(record.open(&kept.sealed)?.1))
    }
}

/// Encrypts what comes in, and hands it on.
fn seal(
    mut plain: Receiver<Piece>,
    sealed: Sender<io::Result<Bytes>>,
    passphrase: &Redacted<String>,
) -> io::Result<()> {
    let passphrase = SecretString::from(passphrase.expose().clone());
    let encryptor = age::Encryptor::with_user_passphrase(passphrase);
    let mut file = encryptor.wrap_output(Pieces(sealed))?;
    while let Some(piece) = plain.blocking_recv() {
        // Without an end of its own, so that what was written never passes for whole.
        let piece = piece.map_err(|BrokenOff| io::ErrorKind::BrokenPipe)?;
        file.write_all(&piece)?;
    }
    file.finish()?.flush()
}

/// A file that is sent away in pieces.
struct Pieces(Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
