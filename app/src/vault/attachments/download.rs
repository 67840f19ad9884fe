//! How a file goes out: the trail has it first, then it is opened piece by piece.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::json;

use super::chunk::{File, SIZE};
use super::model::FileHead;
use super::{service, store};
use crate::audit::{Action, WriteTx};
use crate::authz::Read;
use crate::context::App;
use crate::edge::Caller;
use crate::infra::db::TenantTx;
use crate::kernel::{AttachmentId, error_chain};
use crate::vault::access::{demand_record, still_here};
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::refused::{Wanted, noted};
use crate::vault::secrets::{self, reveal};

/// So many pieces are read at once: half a MiB.
const BATCH: i32 = 8;

/// A file on its way out.
pub(super) struct Outgoing {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) body: Body,
}

/// Opens a file for one authorised act. A record of high sensitivity wants a fresh proof; of one that may
/// only be used nothing goes out.
pub(super) async fn send(
    app: &App,
    caller: Caller,
    which: Which,
    id: AttachmentId,
) -> Result<Outgoing, Error> {
    let done = allowed(app, caller, which, id).await;
    let more = json!({"attachment": id});
    let wanted = (Action::AttachmentRead, Wanted::Secret(which), more);
    noted(app, caller, wanted, done).await
}

async fn allowed(
    app: &App,
    caller: Caller,
    which: Which,
    id: AttachmentId,
) -> Result<Outgoing, Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let stored = store::one(tx.tenant(), permit, id).await?;
    let stored = stored.ok_or(Error::NotFound)?;
    let owner = service::seen(app, tx.tenant(), permit).await?;
    let file = File {
        org: caller.org,
        id,
        key: owner.key,
    };
    let head: FileHead = file.open_head(&stored.head)?;
    let detail = json!({"attachment": id});
    let event = secrets::event(app, caller, Action::AttachmentRead, which, detail);
    let event = event.named(&owner.meta.name);
    let event = reveal::proven(app, caller, &owner.meta, event, which).await?;
    tx.commit(&app.keys, &event).await?;
    let going = Going {
        app: app.clone(),
        caller,
        which,
        file,
        chunks: stored.chunks,
        left: head.size,
        next: 0,
    };
    Ok(Outgoing {
        name: head.name,
        size: head.size,
        body: Body::from_stream(going.pieces()),
    })
}

/// What is left of a file that goes out.
struct Going {
    app: App,
    caller: Caller,
    which: Which,
    file: File,
    chunks: i32,
    /// Bytes.
    left: u64,
    next: i32,
}

impl Going {
    /// The rest, a few pieces at a time.
    fn pieces(self) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
        stream::try_unfold(self, async |mut going| {
            if going.next >= going.chunks {
                return Ok(None);
            }
            let bytes = going.some().await.map_err(|error| {
                tracing::error!(error = error_chain(&error), "an attachment broke off");
                std::io::Error::other("the attachment broke off")
            })?;
            Ok(Some((bytes, going)))
        })
    }

    /// Some pieces more, if it may still be seen: by whoever asked, and at all.
    async fn some(&mut self) -> Result<Bytes, Error> {
        let mut tx = TenantTx::begin(&self.app.db, self.file.org).await?;
        let caller = still_here(&self.app, &mut tx, self.caller).await?;
        let permit = demand_record::<Read>(&mut tx, caller, self.which).await?;
        service::seen(&self.app, &mut tx, permit).await?;
        let rows = store::pieces(&mut tx, self.file.id, (self.next, BATCH)).await?;
        tx.finish();
        let batch = usize::try_from(BATCH).unwrap_or_default();
        let mut plain = Vec::with_capacity(batch.saturating_mul(SIZE));
        for (number, sealed) in rows {
            if number != self.next {
                return Err(Error::Incomplete);
            }
            let is_last = self.next.saturating_add(1) == self.chunks;
            let opened = self.file.open(number, is_last, &sealed)?;
            plain.extend_from_slice(opened.expose());
            self.next = self.next.saturating_add(1);
        }
        let sent = u64::try_from(plain.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(sent).ok_or(Error::Incomplete)?;
        let ended = self.next >= self.chunks;
        if ended != (self.left == 0) || (plain.is_empty() && !ended) {
            return Err(Error::Incomplete);
        }
        Ok(Bytes::from(plain))
    }
}
