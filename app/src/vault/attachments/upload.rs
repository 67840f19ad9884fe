//! How a file comes in: piece by piece, each sealed and stored before the next but a few is read.
//!
//! What comes is stored as it comes, in transactions of its own, so that whoever sends slowly holds no
//! connection to the database, and memory holds a few pieces of each upload. Nothing of it is a file
//! before the last piece is there and the trail has it; what never gets there is forgotten: at once when
//! whoever sends it goes away, and by a task where the server itself was stopped.

use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use time::Duration;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::chunk::{File, SIZE};
use super::model::{Attachment, FileHead};
use super::{name, service, store};
use crate::audit::{Action, WriteTx};
use crate::authz::{Read, Write};
use crate::context::App;
use crate::edge::{Caller, Deadline, IdempotencyKey};
use crate::infra::db::DbError;
use crate::infra::turns::{Turn, Turns};
use crate::kernel::{AttachmentId, FieldProblem, OrgId};
use crate::once::{self, Made, Once};
use crate::vault::access::{demand_record, still_here};
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::secrets;

/// So many pieces go to the database at once: 1 MiB.
const BATCH: usize = 16;
/// A secret has so many files.
const MOST: i64 = 50;
/// And so many more may be coming, where they may turn out to be there already.
const COMING_AGAIN: i64 = 4;
/// What has not come to its end within this time never will: a request has a quarter of it.
const LONGEST: Duration = Duration::hours(1);
/// So many of them are forgotten in one transaction.
const STEP: i64 = 5;
/// So many files come at a time: each takes some MiB of memory while it does.
static COMING: LazyLock<Turns> = LazyLock::new(|| Turns::new(24));
const OF_A_PERSON: usize = 4;
const OF_AN_ORGANIZATION: usize = 8;

/// A file on its way.
pub(super) struct Incoming {
    pub(super) name: Option<String>,
    pub(super) key: IdempotencyKey,
    pub(super) body: Body,
    pub(super) deadline: Deadline,
}

/// Attaches a file to a secret.
pub(super) async fn receive(
    app: &App,
    caller: Caller,
    which: Which,
    mut incoming: Incoming,
) -> Result<Attachment, Error> {
    let named = (incoming.name.as_deref(), &incoming.key);
    let (arriving, name) = begin(app, caller, which, named).await?;
    let file = &arriving.file;
    let received = take(app, file, &mut incoming).await;
    let added = match received {
        Ok(received) => {
            let received = (name, received, &incoming.key);
            complete(app, caller, which, (file, received)).await
        }
        Err(error) => Err(error),
    };
    // Where it was there before, nothing is made of what came now.
    if added.as_ref().is_ok_and(|added| added.id == file.id) {
        arriving.arrived();
    } else {
        arriving.given_up().await;
    }
    added
}

/// Makes what has come a file, of whoever may still attach one: what they might do when they began may be
/// over by now.
async fn complete(
    app: &App,
    caller: Caller,
    which: Which,
    (file, (name, received, key)): (&File, (String, Received, &IdempotencyKey)),
) -> Result<Attachment, Error> {
    let said = (which.vault, which.secret, &name, received.digest);
    let once = Once::of(app, &caller, key, ("attachment", &said))?;
    let size = received.size;
    let head = file.seal_head(&FileHead { name, size })?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let caller = still_here(app, tx.tenant(), caller).await?;
    let permit = demand_record::<Write>(tx.tenant(), caller, which).await?;
    let reading = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let owner = service::owner(app, tx.tenant(), reading).await?;
    let making = Made::of(file.id.as_uuid());
    if let Some(before) = once.claim(tx.tenant(), &making).await? {
        let id = AttachmentId::from_uuid(before.id);
        let stored = store::one(tx.tenant(), reading, id).await?;
        let key = owner.key;
        let org = caller.org;
        return service::view(&File { org, id, key }, once::again(stored)?);
    }
    if store::count(tx.tenant(), permit).await?.whole >= MOST {
        return Err(too_many());
    }
    let whole = (head.as_slice(), received.chunks);
    if !store::complete(tx.tenant(), permit, file.id, whole).await? {
        return Err(Error::NotFound);
    }
    let stored = store::one(tx.tenant(), reading, file.id).await?;
    let detail = json!({"attachment": file.id, "size": size});
    let event = secrets::event(app, caller, Action::AttachmentAdded, which, detail);
    tx.commit(&app.keys, &event.named(&owner.meta.name)).await?;
    service::view(file, stored.ok_or(Error::NotFound)?)
}

/// A file of which something may have come. Dropped before all of it is there, it is forgotten: also where
/// whoever sends it has gone, and nobody waits for an answer.
struct Arriving {
    app: App,
    file: File,
    /// Over when the file is there, or forgotten.
    turn: Option<Turn>,
}

impl Arriving {
    /// All of it is there.
    fn arrived(mut self) {
        self.turn = None;
    }

    /// It is not coming. Where forgetting it fails, or is cut off, it is tried again.
    async fn given_up(mut self) {
        if forget(&self.app, self.file.org, self.file.id).await.is_ok() {
            self.turn = None;
        }
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let (Some(turn), Ok(runtime)) = (self.turn.take(), Handle::try_current()) else {
            return;
        };
        let (app, org, id) = (self.app.clone(), self.file.org, self.file.id);
        runtime.spawn(async move {
            let _turn = turn;
            if forget(&app, org, id).await.is_err() {
                tracing::warn!("what has come of a file is forgotten later");
            }
        });
    }
}

async fn forget(app: &App, org: OrgId, id: AttachmentId) -> Result<(), DbError> {
    let mut tx = WriteTx::begin(&app.db, org).await?;
    store::forget(tx.tenant(), id).await?;
    tx.stage().await
}

/// Forgets what a server that was stopped has left of files; how many files it was.
pub(in crate::vault) async fn sweep(app: &App, org: OrgId) -> Result<u64, DbError> {
    let mut swept: u64 = 0;
    loop {
        let mut tx = WriteTx::begin(&app.db, org).await?;
        let before = app.clock.now().saturating_sub(LONGEST);
        let some = store::forget_stale(tx.tenant(), before, STEP).await?;
        if some == 0 {
            return Ok(swept);
        }
        tx.stage().await?;
        swept = swept.saturating_add(some);
    }
}

/// Asks whether it may come at all, and notes that it does.
async fn begin(
    app: &App,
    caller: Caller,
    which: Which,
    (name, key): (Option<&str>, &IdempotencyKey),
) -> Result<(Arriving, String), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Write>(tx.tenant(), caller, which).await?;
    let reading = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let owner = service::owner(app, tx.tenant(), reading).await?;
    let name = name::checked(name.unwrap_or_default())?;
    let now = app.clock.now();
    let shares = [
        (caller.user.as_uuid(), OF_A_PERSON),
        (caller.org.as_uuid(), OF_AN_ORGANIZATION),
    ];
    let turn = COMING.at_once(&shares).ok_or(Error::Busy)?;
    let there = store::count(tx.tenant(), permit).await?;
    // Under a key it may be one of them that comes again, which shows once all of it has come.
    let may_be_there = key.as_str().is_some() && there.coming < COMING_AGAIN;
    if there.whole.saturating_add(there.coming) >= MOST && !may_be_there {
        return Err(too_many());
    }
    let file = File {
        org: caller.org,
        id: AttachmentId::new(),
        key: owner.key,
    };
    store::begin(tx.tenant(), permit, file.id, now).await?;
    // From here on: the commit may be done and its answer lost.
    let arriving = Arriving {
        app: app.clone(),
        file,
        turn: Some(turn),
    };
    tx.stage().await?;
    Ok((arriving, name))
}

fn too_many() -> Error {
    FieldProblem::new("name", "must be one of at most 50 files").into()
}

/// What came.
struct Received {
    size: u64,
    chunks: i32,
    /// The SHA-256 of it, where it may come again.
    digest: Option<[u8; 32]>,
}

/// Takes all of it.
async fn take(app: &App, file: &File, incoming: &mut Incoming) -> Result<Received, Error> {
    let most = app.security.attachment_max_bytes;
    let mut coming = std::mem::take(&mut incoming.body).into_data_stream();
    let mut digest = incoming.key.as_str().map(|_| Sha256::new());
    let mut pieces = Pieces::new();
    let mut size: u64 = 0;
    while let Some(part) = coming.next().await {
        let part: Bytes = part.map_err(|_| Error::BrokenOff)?;
        incoming.deadline.extend();
        if let Some(digest) = &mut digest {
            digest.update(&part);
        }
        size = size.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        if size > most {
            return Err(Error::TooLarge);
        }
        for part in part.chunks(SIZE) {
            pieces.push(file, part)?;
            if pieces.sealed.len() >= BATCH {
                pieces.store(app, file).await?;
            }
        }
    }
    pieces.end(file)?;
    pieces.store(app, file).await?;
    Ok(Received {
        size,
        chunks: pieces.stored,
        digest: digest.map(|digest| digest.finalize().into()),
    })
}

/// Pieces that are sealed and wait to be stored. The newest is kept in the clear until it is known whether
/// it is the last.
struct Pieces {
    open: Zeroizing<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
    stored: i32,
}

impl Pieces {
    fn new() -> Self {
        Self {
            open: Zeroizing::new(Vec::with_capacity(SIZE)),
            sealed: Vec::with_capacity(BATCH),
            stored: 0,
        }
    }

    /// Adds bytes, at most a piece's worth.
    fn push(&mut self, file: &File, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            if self.open.len() == SIZE {
                self.seal(file, false)?;
            }
            let room = SIZE.saturating_sub(self.open.len());
            let (fits, rest) = bytes.split_at(room.min(bytes.len()));
            self.open.extend_from_slice(fits);
            bytes = rest;
        }
        Ok(())
    }

    /// Seals what is left, which is the last piece: an empty file has one, too.
    fn end(&mut self, file: &File) -> Result<(), Error> {
        self.seal(file, true)
    }

    fn seal(&mut self, file: &File, is_last: bool) -> Result<(), Error> {
        let waiting = i32::try_from(self.sealed.len()).unwrap_or(i32::MAX);
        let number = self.stored.saturating_add(waiting);
        self.sealed.push(file.seal(number, is_last, &self.open)?);
        self.open.clear();
        Ok(())
    }

    async fn store(&mut self, app: &App, file: &File) -> Result<(), Error> {
        let mut tx = WriteTx::begin(&app.db, file.org).await?;
        if !store::append(tx.tenant(), file.id, (self.stored, &self.sealed)).await? {
            return Err(Error::NotFound);
        }
        tx.stage().await?;
        let stored = i32::try_from(self.sealed.len()).unwrap_or(i32::MAX);
        self.stored = self.stored.saturating_add(stored);
        self.sealed.clear();
        Ok(())
    }
}
