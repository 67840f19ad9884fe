//! Use cases of secrets.
//!
//! | file | what |
//! |---|---|
//! | `write` | storing and changing |
//! | `reveal` | showing what is concealed, one field at a time |
//! | `versions` | what a secret was before |
//! | `every` | all of a vault, for what looks at each of them |
//! | `trash` | into the trash, out of it, and for good |
//! | `unreadable` | one that does not open hides no other |
//! | `apart` | work that takes its time, where it keeps nobody waiting |
//! | `closing` | what follows when a record may only be used from now on, or be seen again |
//! | `bulk` | many at once: all of them or none |
//! | `favourite` | what somebody keeps at hand |

mod apart;
pub(super) mod bulk;
mod closing;
mod every;
pub(super) mod favourite;
pub(super) mod reveal;
pub(super) mod trash;
pub(super) mod unreadable;
pub(super) mod versions;
pub(super) mod write;

pub(super) use every::every;

use serde_json::{Value as Json, json};

use super::access::{demand, demand_record};
use super::model::Which;
use super::problem::Error;
use super::record::{Content, Meta, Secret};
use super::seal::{Record, Sealed};
use super::store::secrets::{self as store, Filter, Listed};
use super::types::SecretType;
use crate::audit::{Action, Event, Resource};
use crate::authz::{Read, RecordPermit};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Cursor, OrgId, Page, SecretId, VaultId};

/// So many secrets are opened at once to find those with a tag.
const SLICE: i64 = 200;
/// So many are opened for one page at most: then the page ends, and the next one goes on.
const OPENED: i64 = 2000;

pub(super) const fn resource(secret: SecretId) -> Resource {
    Resource {
        kind: "secret",
        id: secret.as_uuid(),
    }
}

/// What the trail has of an act on a secret, and `more`.
pub(super) fn event(app: &App, caller: Caller, action: Action, which: Which, more: Json) -> Event {
    let mut detail = json!({"vaultId": which.vault});
    if let (Json::Object(detail), Json::Object(more)) = (&mut detail, more) {
        detail.extend(more);
    }
    Event::by(app.clock.now(), &caller, action, resource(which.secret)).with(detail)
}

/// What the trail has of every sealing: which version it made, and what this very one is known by.
pub(super) fn sealing(sealed: &Sealed) -> Json {
    json!({"version": sealed.head.version, "digest": hex::encode(sealed.digest())})
}

pub(super) fn record(app: &App, org: OrgId, id: SecretId) -> Record<'_> {
    Record {
        keys: &app.keys,
        org,
        id,
    }
}

/// A secret that was found, in the clear, with what is sealed of it.
pub(super) struct Opened {
    pub(super) meta: Meta,
    pub(super) content: Content,
    pub(super) sealed: Sealed,
}

/// Opens a secret that is not in the trash.
pub(super) async fn open(
    app: &App,
    tx: &mut TenantTx,
    permit: RecordPermit<Read>,
) -> Result<Opened, Error> {
    let found = store::sealed(tx, permit).await?;
    opened(app, permit, found.ok_or(Error::NotFound)?)
}

/// Opens what was found of a secret.
fn opened(
    app: &App,
    permit: RecordPermit<Read>,
    (kind, sealed): (SecretType, Sealed),
) -> Result<Opened, Error> {
    let (meta, content) = record(app, permit.org(), permit.secret()).open(&sealed)?;
    same_type(kind, &meta)?;
    Ok(Opened {
        meta,
        content,
        sealed,
    })
}

/// The same entry with what the secret is called. One that does not open has no name, and is trashed and
/// deleted all the same.
pub(super) async fn named<G>(
    app: &App,
    tx: &mut TenantTx,
    permit: RecordPermit<G>,
    event: Event,
) -> Result<Event, Error> {
    let name = name(app, tx, permit).await?;
    Ok(event.named(&name.unwrap_or_default()))
}

/// What a secret is called, wherever it is: in the trash, too.
pub(super) async fn name<G>(
    app: &App,
    tx: &mut TenantTx,
    permit: RecordPermit<G>,
) -> Result<Option<String>, Error> {
    let record = record(app, permit.org(), permit.secret());
    let head = store::head(tx, permit).await?;
    let meta = head.and_then(|head| record.open_meta(&head).ok());
    Ok(meta.map(|meta| meta.name))
}

/// The type that was sealed counts, and nobody else says another.
fn same_type(kind: SecretType, meta: &Meta) -> Result<(), Error> {
    if kind == meta.kind {
        Ok(())
    } else {
        Err(Error::OtherType)
    }
}

/// What lists need of a record.
fn meta(app: &App, org: OrgId, row: &Listed) -> Result<Meta, Error> {
    let meta = record(app, org, row.id).open_meta(&row.head)?;
    same_type(row.kind, &meta)?;
    Ok(meta)
}

/// A record as it is shown.
fn view(app: &App, org: OrgId, row: Listed) -> Result<Secret, Error> {
    let meta = meta(app, org, &row)?;
    Ok(shown(row, meta))
}

fn shown(row: Listed, meta: Meta) -> Secret {
    Secret {
        id: row.id,
        vault_id: row.vault,
        r#type: meta.kind,
        readable: true,
        name: meta.name,
        fields: meta.fields,
        concealed: meta.concealed,
        custom_fields: meta.custom,
        tags: meta.tags,
        favourite: row.favourite,
        high_sensitivity: meta.high_sensitivity,
        inject_only: meta.inject_only,
        version: row.head.version,
        strength: meta.strength,
        created_at: row.created_at,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
        trashed_at: row.trashed_at,
    }
}

/// Which secrets of a vault a list is to have.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) filter: Filter,
    pub(super) tag: Option<String>,
}

/// Those of a vault, the newest first. Tags are sealed, so that those without the tag are opened, too;
/// where there are many of them a page may end before it is full, and the next one goes on. What does not
/// open may have the tag or not, and is in every list.
pub(super) async fn list(
    app: &App,
    caller: Caller,
    vault: VaultId,
    wanted: &Wanted,
    query: ListQuery,
) -> Result<Page<Secret>, Error> {
    let mut tx = TenantTx::begin_planned(&app.db, caller.org).await?;
    let permit = demand::<Read>(&mut tx, caller, vault).await?;
    let most = query.limit.fetch();
    let slice = if wanted.tag.is_some() { SLICE } else { most };
    let (mut items, mut after, mut opened) = (Vec::new(), query.cursor, 0);
    let full = |items: &Vec<Secret>| i64::try_from(items.len()).unwrap_or(i64::MAX) >= most;
    let mut more = true;
    while more && !full(&items) && opened < OPENED {
        let rows = store::following(&mut tx, permit, wanted.filter, after, slice).await?;
        let found = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        (more, opened) = (found == slice, opened.saturating_add(found));
        for row in rows {
            after = Some(Cursor(row.id.as_uuid()));
            let secret = unreadable::listed(app, &mut tx, row).await?;
            let has = |tag: &String| !secret.readable || secret.tags.contains(tag);
            if wanted.tag.as_ref().is_none_or(has) {
                items.push(secret);
            }
            if full(&items) {
                break;
            }
        }
    }
    tx.finish();
    let was_full = full(&items);
    let mut page = Page::cut(items, query.limit, |secret| secret.id.as_uuid());
    if !was_full && more {
        page.next_cursor = after.map(|cursor| cursor.0.to_string());
    }
    Ok(page)
}

pub(super) async fn read(app: &App, caller: Caller, which: Which) -> Result<Secret, Error> {
    let mut tx = TenantTx::begin_planned(&app.db, caller.org).await?;
    let secret = present(app, &mut tx, caller, which).await?;
    tx.finish();
    Ok(secret)
}

/// A secret as it is at this point of a transaction.
async fn present(
    app: &App,
    tx: &mut TenantTx,
    caller: Caller,
    which: Which,
) -> Result<Secret, Error> {
    let permit = demand_record::<Read>(tx, caller, which).await?;
    let found = store::listed(tx, permit).await?;
    view(app, caller.org, found.ok_or(Error::NotFound)?)
}
