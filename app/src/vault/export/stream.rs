//! Writing the file while it is sent.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use age::secrecy::SecretString;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::bitwarden;
use super::left_out::{LeftOut, Reason};
use crate::authz::{ManageMembers, Read};
use crate::context::App;
use crate::edge::{Caller, error_chain};
use crate::infra::db::TenantTx;
use crate::infra::turns::Turn;
use crate::kernel::{Cursor, Redacted, SecretId, VaultId};
use crate::vault::access::{demand, demand_record, still_here};
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::Content;
use crate::vault::secrets::{self, unreadable};
use crate::vault::store::sealed::{self, Part, Whole};
use crate::vault::store::versions;

/// So many records are in the clear at once. Each may be more than a MiB.
const SLICE: i64 = 20;
/// So many pieces wait for whoever takes them.
const AHEAD: usize = 2;
/// A piece that nobody takes for so long ends the file: who stopped reading keeps nobody from exporting.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest that a file may take.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// What scrypt (RFC 7914) costs for the key of a file, as the binary logarithm of N: 64 MiB. Left to
/// itself, `age` takes 256 MiB on a fast machine, half of what the container has.
const WORK_FACTOR: u8 = 16;
/// The key of one file is derived at a time.
static DERIVING: Semaphore = Semaphore::const_new(1);

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

/// A body that is written while it is read, by tasks that hold no thread and, while they wait, no
/// connection. When it cannot be written to its end it breaks off, and age takes no file that was cut.
pub(super) fn written(source: Source, passphrase: Redacted<String>, turn: Turn) -> Body {
    let (plain, to_seal) = channel::<Piece>(AHEAD);
    let (sealed, to_send) = channel::<Bytes>(AHEAD);
    let whole = Arc::new(AtomicBool::new(false));
    tokio::spawn(async move {
        if let Err(error) = read(source, &plain).await {
            tracing::error!(error = error_chain(&error), "an export broke off");
            drop(plain.send(Err(BrokenOff)).await);
        }
    });
    let ended = Arc::clone(&whole);
    tokio::spawn(async move {
        let _turn = turn;
        // What is said of the end is said before the end is seen: the sender goes last.
        match timeout(LONGEST, seal(to_seal, &sealed, passphrase)).await {
            Ok(Ok(())) => ended.store(true, Ordering::Release),
            Ok(Err(error)) => tracing::warn!(%error, "an export was not sent to its end"),
            Err(_elapsed) => tracing::warn!("an export took too long"),
        }
    });
    Body::from_stream(stream::unfold(to_send, move |mut to_send| {
        let whole = Arc::clone(&whole);
        async move {
            match to_send.recv().await {
                Some(piece) => Some((Ok(piece), to_send)),
                None if whole.load(Ordering::Acquire) => None,
                None => Some((Err(io::Error::from(io::ErrorKind::BrokenPipe)), to_send)),
            }
        }
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

/// Encrypts what comes in, and hands it on for as long as somebody takes it.
async fn seal(
    mut plain: Receiver<Piece>,
    sealed: &Sender<Bytes>,
    passphrase: Redacted<String>,
) -> io::Result<()> {
    let out = Out::default();
    let mut file = begin(passphrase, out.clone()).await?;
    while let Some(piece) = plain.recv().await {
        // Without an end of its own, so that what was written never passes for whole.
        let piece = piece.map_err(|BrokenOff| io::ErrorKind::BrokenPipe)?;
        file.write_all(&piece)?;
        hand_on(sealed, out.take()).await?;
    }
    file.finish()?;
    hand_on(sealed, out.take()).await
}

/// Derives the key of a file, where it blocks nobody, and writes its head.
async fn begin(
    passphrase: Redacted<String>,
    out: Out,
) -> io::Result<age::stream::StreamWriter<Out>> {
    let _alone = DERIVING.acquire().await.map_err(io::Error::other)?;
    let begun = tokio::task::spawn_blocking(move || {
        let passphrase = SecretString::from(passphrase.expose().clone());
        let mut recipient = age::scrypt::Recipient::new(passphrase);
        recipient.set_work_factor(WORK_FACTOR);
        let one = std::iter::once::<&dyn age::Recipient>(&recipient);
        let encryptor = age::Encryptor::with_recipients(one).map_err(io::Error::other)?;
        encryptor.wrap_output(out)
    });
    begun.await.map_err(io::Error::other)?
}

/// Hands a piece on.
///
/// # Errors
/// When nobody takes it in time, or ever.
async fn hand_on(sealed: &Sender<Bytes>, piece: Vec<u8>) -> io::Result<()> {
    if piece.is_empty() {
        return Ok(());
    }
    let sent = timeout(PATIENCE, sealed.send(Bytes::from(piece))).await;
    let sent = sent.map_err(|_elapsed| io::ErrorKind::TimedOut)?;
    Ok(sent.map_err(|_gone| io::ErrorKind::BrokenPipe)?)
}

/// What was encrypted and not handed on yet.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use bytes::Bytes;
    use tokio::sync::mpsc::channel;
    use tokio::time::Instant;

    use super::{PATIENCE, hand_on};

    #[tokio::test(start_paused = true)]
    async fn a_piece_that_nobody_takes_ends_the_file() {
        let (sealed, mut to_send) = channel::<Bytes>(1);
        hand_on(&sealed, b"one".to_vec()).await.unwrap();
        let began = Instant::now();
        let refused = hand_on(&sealed, b"two".to_vec()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
        assert_eq!(to_send.recv().await.unwrap(), "one");
        hand_on(&sealed, b"three".to_vec()).await.unwrap();
        drop(to_send);
        let refused = hand_on(&sealed, b"four".to_vec()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
    }
}
