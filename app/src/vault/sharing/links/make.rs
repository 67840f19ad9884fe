//! Making links, seeing which there are, and withdrawing them.

use serde_json::{Value as Json, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::model::{LinkAddress, NewLink, SecretLink, Shown, ShownField};
use super::token::{LinkToken, place};
use crate::audit::{Action, WriteTx};
use crate::authz::Read;
use crate::context::App;
use crate::edge::{Caller, IdempotencyKey, ListQuery};
use crate::identity;
use crate::infra::db::TenantTx;
use crate::kernel::{FieldProblem, Page, Redacted, SecretLinkId, Text, VaultRole};
use crate::once::Once;
use crate::vault::access::demand_record;
use crate::vault::examine::Facts;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::{Content, FieldName};
use crate::vault::refused::{Wanted, noted};
use crate::vault::secrets::{self, reveal};
use crate::vault::sharing::grants::manage;
use crate::vault::sharing::model::{Grant, Shared};
use crate::vault::sharing::rules;
use crate::vault::sharing::store::{self as given, links as store};

/// A link works so long at most.
const LONGEST: Duration = Duration::days(30);
/// It shows so many fields at most.
const MOST_FIELDS: usize = 50;
const PASSPHRASE: Text = Text::line("passphrase", 8, 200);

/// Makes a link. What it shows leaves the record now, so it is proved and recorded like a reveal.
pub(in super::super) async fn make(
    app: &App,
    caller: Caller,
    which: Which,
    (new, key): (NewLink, &IdempotencyKey),
) -> Result<LinkAddress, Error> {
    let done = allowed(app, caller, which, (new, key)).await;
    let wanted = (Action::LinkMade, Wanted::Secret(which), json!({}));
    noted(app, caller, wanted, done).await
}

async fn allowed(
    app: &App,
    caller: Caller,
    which: Which,
    (new, key): (NewLink, &IdempotencyKey),
) -> Result<LinkAddress, Error> {
    may_make(app, caller, which).await?;
    check(&new, caller.at)?;
    let once = Once::of(app, &caller, key, ("link", &new.said(which)))?;
    let token = LinkToken::generate().ok_or(Error::Unmade)?;
    let passphrase_hash = hashed(app, new.passphrase.as_ref()).await?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = manage(
        tx.tenant(),
        caller,
        Shared::Record(which.vault, which.secret),
    )
    .await?;
    let id = SecretLinkId::new();
    once.claim_unseen(tx.tenant(), id.as_uuid()).await?;
    let own = given::own(tx.tenant(), permit, caller.at).await?;
    let wanted = Grant {
        role: VaultRole::Viewer,
        ends: Some(new.expires_at),
    };
    if !rules::may_give(&own, wanted) {
        return Err(Error::BeyondOwn);
    }
    let reading = demand_record(tx.tenant(), caller, which).await?;
    let opened = secrets::open(app, tx.tenant(), reading).await?;
    if !opened.meta.shows(opened.sealed.head.version) {
        return Err(Error::InjectOnly);
    }
    let version = opened.sealed.head.version;
    let shown = shown(&opened.content, version, &new.fields)?;
    let link = link_of((id, &new), &shown, caller, app.clock.now());
    let plain = Zeroizing::new(serde_json::to_vec(&shown).map_err(Error::Content)?);
    let made = store::Made {
        digest: token.digest(),
        value: token.key().seal(&place(caller.org, link.id), &plain)?,
        passphrase_hash,
    };
    store::forget_ended(tx.tenant(), link.created_at).await?;
    store::insert(tx.tenant(), permit, which.secret, (&link, &made)).await?;
    let detail = words(&link, version);
    let event = secrets::event(app, caller, Action::LinkMade, which, detail);
    let event = event.named(&opened.meta.name);
    let event = reveal::proven(app, caller, &opened.meta, event, which).await?;
    let event = event
        .made(link.id.as_uuid())
        .sealed_as(&digest(which, &link, &made));
    tx.commit(&app.keys, &event).await?;
    Ok(LinkAddress {
        url: address(app, &token),
        link,
    })
}

/// What the trail knows a link by, since nobody without its token can open it to see whose it is.
fn digest(which: Which, link: &SecretLink, made: &store::Made) -> String {
    let facts = Facts {
        record: which.secret.as_uuid(),
        token: &made.digest,
        fields: &link.fields,
        value: &made.value,
        passphrase_hash: made.passphrase_hash.as_deref(),
        uses: link.uses,
        maker: link.created_by.as_uuid(),
        expires_at: link.expires_at,
    };
    hex::encode(facts.digest())
}

/// Before anything is said of what is wrong, and before a passphrase costs a hash.
async fn may_make(app: &App, caller: Caller, which: Which) -> Result<(), Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    manage(&mut tx, caller, Shared::Record(which.vault, which.secret)).await?;
    tx.finish();
    Ok(())
}

async fn hashed(app: &App, passphrase: Option<&Redacted<String>>) -> Result<Option<String>, Error> {
    let Some(passphrase) = passphrase else {
        return Ok(None);
    };
    let hash = identity::hash(app, passphrase.clone()).await;
    hash.map(Some).map_err(|_| Error::Unmade)
}

fn link_of(
    (id, new): (SecretLinkId, &NewLink),
    shown: &Shown,
    caller: Caller,
    now: OffsetDateTime,
) -> SecretLink {
    SecretLink {
        id,
        fields: shown
            .fields
            .iter()
            .map(|field| field.name.clone())
            .collect(),
        uses: new.uses,
        remaining: new.uses,
        passphrase: new.passphrase.is_some(),
        expires_at: new.expires_at,
        created_at: now,
        created_by: caller.user,
        opened_at: None,
    }
}

/// What the trail has of a link, and what is proved: its id is not among it, since that is drawn anew
/// each time.
fn words(link: &SecretLink, version: i32) -> Json {
    json!({
        "version": version, "fields": link.fields, "uses": link.uses,
        "expiresAt": link.expires_at.format(&Rfc3339).ok(), "passphrase": link.passphrase,
    })
}

fn address(app: &App, token: &LinkToken) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "{}/l#{}",
        app.server.base_url,
        token.text().expose()
    ))
}

/// Everything that is wrong with what was asked for, at once.
fn check(new: &NewLink, now: OffsetDateTime) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut demand = |holds: bool, name: &str, message: &str| {
        if !holds {
            problems.push(FieldProblem::new(name, message));
        }
    };
    let mut names: Vec<&String> = new.fields.iter().collect();
    names.sort();
    names.dedup();
    let whole = (1..=MOST_FIELDS).contains(&new.fields.len()) && names.len() == new.fields.len();
    demand(whole, "fields", "must be 1 to 50, each of them once");
    demand((1..=100).contains(&new.uses), "uses", "must be 1 to 100");
    let in_time = new.expires_at > now && new.expires_at <= now + LONGEST;
    demand(in_time, "expiresAt", "must be within the next 30 days");
    if let Some(passphrase) = new.passphrase.as_ref().map(Redacted::expose) {
        let long = passphrase.chars().count() >= PASSPHRASE.min;
        demand(long, "passphrase", "must have at least 8 characters");
        problems.extend(PASSPHRASE.check_untrimmed(passphrase).err());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}

/// The fields that were asked for, each as it is now.
fn shown(content: &Content, version: i32, names: &[String]) -> Result<Shown, FieldProblem> {
    let field = |name: &String| {
        let found = content.any_value(&FieldName::parse(name));
        let nothing = || FieldProblem::new("fields", "must be fields that hold something");
        let (name, label, value) = found.ok_or_else(nothing)?;
        Ok(ShownField {
            name,
            label,
            value: value.clone(),
        })
    };
    Ok(Shown {
        version,
        kind: content.kind,
        name: content.name.clone(),
        fields: names
            .iter()
            .map(field)
            .collect::<Result<_, FieldProblem>>()?,
    })
}

/// One page of the links to a record, the newest first; those that have ended are left out.
pub(in super::super) async fn list(
    app: &App,
    caller: Caller,
    which: Which,
    query: ListQuery,
) -> Result<Page<SecretLink>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let permit = manage(&mut tx, caller, Shared::Record(which.vault, which.secret)).await?;
    let rows = store::list(&mut tx, permit, (which.secret, caller.at), query).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |link| link.id.as_uuid()))
}

/// Ends a link at once, with what it shows.
pub(in super::super) async fn withdraw(
    app: &App,
    caller: Caller,
    which: Which,
    link: SecretLinkId,
) -> Result<(), Error> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit = manage(
        tx.tenant(),
        caller,
        Shared::Record(which.vault, which.secret),
    )
    .await?;
    if !store::delete(tx.tenant(), permit, (which.secret, link)).await? {
        return Err(Error::NotFound);
    }
    let event = secrets::event(
        app,
        caller,
        Action::LinkWithdrawn,
        which,
        json!({"link": link}),
    );
    let reading = demand_record::<Read>(tx.tenant(), caller, which).await?;
    let event = secrets::named(app, tx.tenant(), reading, event).await?;
    Ok(tx.commit(&app.keys, &event).await?)
}
