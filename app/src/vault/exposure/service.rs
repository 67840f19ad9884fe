//! Putting the trail and the records together.

use std::collections::HashMap;

use futures_util::stream::{self, Stream};

use super::held;
use super::model::{ExposedSecret, SecretContact, head};
use super::store::{self, Known};
use crate::audit::{self, Contact, Sighted};
use crate::context::App;
use crate::edge::{Caller, ListQuery};
use crate::infra::db::TenantTx;
use crate::kernel::{Cursor, Page, SecretId, UserId, error_chain};
use crate::vault::access::still_manages;
use crate::vault::problem::Error;
use crate::vault::record::Meta;
use crate::vault::secrets;

/// So many secrets are looked at in one go for a table.
const SLICE: i64 = 500;

/// One page of what somebody has seen or used, the newest secrets first.
pub(super) async fn list(
    app: &App,
    caller: Caller,
    user: UserId,
    query: ListQuery,
) -> Result<Page<ExposedSecret>, Error> {
    let mut tx = TenantTx::snapshot(&app.db, caller.org).await?;
    if !store::is_known(&mut tx, user).await? {
        return Err(Error::NotFound);
    }
    let rows = exposed(app, &mut tx, user, (query.cursor, query.limit.fetch())).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |row| row.secret_id.as_uuid()))
}

async fn exposed(
    app: &App,
    tx: &mut TenantTx,
    user: UserId,
    page: (Option<Cursor>, i64),
) -> Result<Vec<ExposedSecret>, Error> {
    let contacts = audit::contacts(tx, user, page).await?;
    let mut ids: Vec<SecretId> = contacts.iter().map(|contact| contact.secret).collect();
    ids.dedup();
    let known = store::known(tx, &ids).await?;
    let known: HashMap<SecretId, Known> = known.into_iter().map(|row| (row.id, row)).collect();
    let opened = opened(app, tx, &known).await?;
    let mut exposed: Vec<ExposedSecret> = Vec::with_capacity(ids.len());
    for contact in contacts {
        let last = exposed.last_mut();
        match last.filter(|last| last.secret_id == contact.secret) {
            Some(last) => add(last, &contact),
            None => {
                let id = &contact.secret;
                exposed.push(first((known.get(id), opened.get(id)), &contact));
            }
        }
    }
    let mut sights: HashMap<SecretId, Vec<Sighted>> = HashMap::new();
    for (secret, sighted) in audit::sights(tx, user, &ids).await? {
        sights.entry(secret).or_default().push(sighted);
    }
    for secret in &mut exposed {
        let Some(known) = known.get(&secret.secret_id) else {
            continue;
        };
        let sighted = sights.remove(&secret.secret_id).unwrap_or_default();
        let Some(meta) = opened.get(&secret.secret_id) else {
            // What of it is still what they saw cannot be told.
            secret.rotate = !sighted.is_empty();
            continue;
        };
        secret.parts = held::parts(app, tx, (known, meta), &sighted).await?;
        secret.rotate = secret.parts.iter().any(|part| part.present);
    }
    Ok(exposed)
}

/// What lists show of them. One that does not open hides no other.
async fn opened(
    app: &App,
    tx: &mut TenantTx,
    known: &HashMap<SecretId, Known>,
) -> Result<HashMap<SecretId, Meta>, Error> {
    let mut opened = HashMap::with_capacity(known.len());
    for (id, known) in known {
        let record = secrets::record(app, tx.org(), *id);
        match record.open_meta(&known.head) {
            Ok(meta) => drop(opened.insert(*id, meta)),
            Err(error) => secrets::unreadable::noted(tx, *id, error).await?,
        }
    }
    Ok(opened)
}

/// What the first way, which is the latest, says of a secret.
fn first((known, meta): (Option<&Known>, Option<&Meta>), contact: &Contact) -> ExposedSecret {
    let mut secret = ExposedSecret {
        secret_id: contact.secret,
        r#type: meta.map(|meta| meta.kind),
        secret_since: meta.map(|meta| meta.secret_since),
        name: meta.map(|meta| meta.name.clone()),
        vault_id: known.map(|known| known.vault),
        vault_name: known.map(|known| known.vault_name.clone()),
        seen: false,
        rotate: false,
        parts: Vec::new(),
        first_at: contact.first_at,
        last_at: contact.last_at,
        how: Vec::new(),
    };
    add(&mut secret, contact);
    secret
}

fn add(secret: &mut ExposedSecret, contact: &Contact) {
    secret.seen |= contact.how.has_seen();
    secret.first_at = secret.first_at.min(contact.first_at);
    secret.last_at = secret.last_at.max(contact.last_at);
    let same = |known: &&mut SecretContact| known.how == contact.how;
    match secret.how.iter_mut().find(same) {
        Some(known) => known.times = known.times.saturating_add(contact.times),
        None => secret.how.push(SecretContact {
            how: contact.how,
            times: contact.times,
            last_at: contact.last_at,
        }),
    }
}

/// All of it as a table, written as it is read.
pub(super) async fn table(
    app: App,
    caller: Caller,
    user: UserId,
) -> Result<impl Stream<Item = Result<String, std::io::Error>>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    if !store::is_known(&mut tx, user).await? {
        return Err(Error::NotFound);
    }
    tx.finish();
    let mut begin = String::new();
    head(&mut begin);
    let state = (Some(begin), None, false);
    Ok(stream::try_unfold(state, move |(begin, after, ended)| {
        let app = app.clone();
        async move {
            if let Some(begin) = begin {
                return Ok(Some((begin, (None, after, false))));
            }
            if ended {
                return Ok(None);
            }
            let rows = slice(&app, caller, user, after)
                .await
                .map_err(|error| broken_off(&error))?;
            let last = rows.last().map(|row| Cursor(row.secret_id.as_uuid()));
            let mut text = String::new();
            rows.iter().for_each(|row| row.write(&mut text));
            Ok(Some((text, (None, last, last.is_none()))))
        }
    }))
}

/// Some more of the table, for whoever still may have it: it lasts as long as they read it.
async fn slice(
    app: &App,
    caller: Caller,
    user: UserId,
    after: Option<Cursor>,
) -> Result<Vec<ExposedSecret>, Error> {
    let mut tx = TenantTx::snapshot(&app.db, caller.org).await?;
    still_manages(app, &mut tx, caller).await?;
    let rows = exposed(app, &mut tx, user, (after, SLICE)).await?;
    tx.finish();
    Ok(rows)
}

/// A table that ends early has to end as an error: half of it would look whole.
fn broken_off(error: &Error) -> std::io::Error {
    tracing::error!(error = error_chain(error), "a table broke off");
    std::io::Error::other("the table broke off")
}
