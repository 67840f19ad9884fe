//! What is attached to a secret, and what is taken off again.

use serde_json::json;

use super::chunk::File;
use super::model::{Attachment, FileHead};
use super::store::{self, Stored};
use crate::audit::{Action, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::authz::{Delete, Read, RecordPermit};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{AttachmentId, Page};
use crate::keys::DataKey;
use crate::vault::access::{demand, demand_record};
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::Meta;
use crate::vault::seal::{Head, Record};
use crate::vault::secrets;
use crate::vault::store::{self as vaults, secrets::listed};

/// The record of a file: what is demanded of whoever wants to see it, and its key.
pub(super) struct Owner {
    pub(super) meta: Meta,
    version: i32,
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

/// The same, if somebody may see its files at all.
pub(super) async fn seen(
    app: &App,
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
) -> Result<Owner, Error> {
    let owner = owner(app, tx, permit).await?;
    if owner.meta.shows(owner.version) {
        Ok(owner)
    } else {
        Err(Error::InjectOnly)
    }
}

/// A file as whoever may see its record sees it.
pub(super) fn view(file: &File, stored: Stored) -> Result<Attachment, Error> {
    let head: FileHead = file.open_head(&stored.head)?;
    Ok(shown(stored, head))
}

fn shown(stored: Stored, head: FileHead) -> Attachment {
    Attachment {
        id: stored.id,
        readable: true,
        name: head.name,
        size: head.size,
        created_at: stored.created_at,
        created_by: stored.created_by,
    }
}

/// What the database says of a file, without what is sealed.
fn nameless(stored: Stored) -> Attachment {
    let (name, size) = (String::new(), 0);
    Attachment {
        readable: false,
        ..shown(stored, FileHead { name, size })
    }
}

/// All files of a record with what each is called; nothing where that does not open.
pub(in crate::vault) async fn named(
    tx: &mut TenantTx,
    record: &Record<'_>,
    head: &Head,
) -> Result<Vec<(AttachmentId, Option<String>)>, Error> {
    let mut named = Vec::new();
    for stored in store::all(tx, record.id).await? {
        let file = File {
            org: record.org,
            id: stored.id,
            key: record.key(head)?,
        };
        let opened = file.open_head::<FileHead>(&stored.head);
        named.push((stored.id, opened.ok().map(|head| head.name)));
    }
    Ok(named)
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
    let page = Page::cut(rows, query.limit, |row| row.id.as_uuid());
    let mut file = File {
        org: caller.org,
        id: AttachmentId::new(),
        key: owner.key,
    };
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        file.id = row.id;
        items.push(match file.open_head(&row.head) {
            Ok(head) => shown(row, head),
            // It hides no other.
            Err(error) => {
                secrets::unreadable::noted(&mut tx, which.secret, error).await?;
                nameless(row)
            }
        });
    }
    tx.finish();
    Ok(Page {
        items,
        next_cursor: page.next_cursor,
    })
}

/// Takes a file off, for good, once there is a fresh proof.
pub(super) async fn remove(
    app: &App,
    caller: Caller,
    which: Which,
    id: AttachmentId,
) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = demand_record::<Delete>(tx.tenant(), caller, which).await?;
    let reading = demand_record::<Read>(tx.tenant(), caller, which).await?;
    listed(tx.tenant(), reading).await?.ok_or(Error::NotFound)?;
    let seeing = demand::<Read>(tx.tenant(), caller, which.vault).await?;
    let vault = vaults::vault(tx.tenant(), seeing).await?;
    let vault = vault.ok_or(Error::NotFound)?;
    if !store::delete(tx.tenant(), permit, id).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({"attachment": id});
    let event = secrets::event(app, caller, Action::AttachmentRemoved, which, detail);
    let event = secrets::named(app, tx.tenant(), reading, event).await?;
    // The names of secret and file are sealed, and what is proved is not.
    let act = Act {
        action: event.action,
        resource: secrets::resource(which.secret),
        detail: event.detail.clone(),
        summary: format!(
            "Remove a file from a secret of the vault “{}”, for good.",
            vault.name
        ),
    };
    let approval = step_up::demand(app, &caller, &act).await?;
    Ok(tx.commit(&app.keys, &event.approved(approval)).await?)
}
