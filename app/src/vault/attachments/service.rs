//! What is attached to a secret, and what is taken off again.

use serde_json::json;

use super::chunk::File;
use super::model::{Attachment, FileHead};
use super::store::{self, Stored};
use crate::audit::{Action, WriteTx};
use crate::authz::{Read, RecordPermit, Write};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{AttachmentId, Page};
use crate::keys::DataKey;
use crate::vault::access::demand_record;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::Meta;
use crate::vault::secrets;
use crate::vault::store::secrets::listed;

/// The record of a file: what is demanded of whoever wants to see it, and its key.
pub(super) struct Owner {
    pub(super) meta: Meta,
    pub(super) version: i32,
    pub(super) key: DataKey,
}

/// Opens the record that files are attached to, if it is not in the trash.
pub(super) async fn owner(
    app: &App,
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
) -> Result<Owner, Error> {
    let found = listed(tx, permit).await?.ok_or(Error::NotFound)?;
    let record = secrets::record(app, permit.org(), permit.secret());
    Ok(Owner {
        meta: record.open_meta(&found.head)?,
        version: found.head.version,
        key: record.key(&found.head)?,
    })
}

pub(super) fn view(file: &File, stored: Stored) -> Result<Attachment, Error> {
    let head: FileHead = file.open_head(&stored.head)?;
    Ok(Attachment {
        id: stored.id,
        name: head.name,
        size: head.size,
        created_at: stored.created_at,
        created_by: stored.created_by,
    })
}

/// One page of the files of a secret, the newest first.
pub(super) async fn list(
    app: &App,
    caller: Caller,
    which: Which,
    query: ListQuery,
) -> Result<Page<Attachment>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Read>(&mut tx, caller, which).await?;
    let owner = owner(app, &mut tx, permit).await?;
    let rows = store::list(&mut tx, permit, query).await?;
    tx.finish();
    let page = Page::cut(rows, query.limit, |row| row.id.as_uuid());
    let mut file = File {
        org: caller.org,
        id: AttachmentId::new(),
        key: owner.key,
    };
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        file.id = row.id;
        items.push(view(&file, row)?);
    }
    Ok(Page {
        items,
        next_cursor: page.next_cursor,
    })
}

/// Takes a file off, for good.
pub(super) async fn remove(
    app: &App,
    caller: Caller,
    which: Which,
    id: AttachmentId,
) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Write>(tx.tenant(), caller, which).await?;
    let reading = demand_record::<Read>(tx.tenant(), caller, which).await?;
    listed(tx.tenant(), reading).await?.ok_or(Error::NotFound)?;
    if !store::delete(tx.tenant(), permit, id).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({"attachment": id});
    let event = secrets::event(app, caller, Action::AttachmentRemoved, which, detail);
    Ok(tx.commit(&app.keys, &event).await?)
}
