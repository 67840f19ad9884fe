//! Which provider an organisation trusts. Owners decide: whoever names the provider decides who its
//! people are.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::model::{Checked, Connection, SettingsView, Wanted};
use super::outbound::Outbound;
use super::problem::Refusal;
use super::{provider, seal, store};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{FieldProblem, OrgId};

/// Where providers send browsers back to, below the public address.
const CALLBACK: &str = "/api/v1/auth/sso/callback";

/// What a provider has to send people back to.
pub(super) fn redirect_uri(app: &App) -> String {
    format!("{}{CALLBACK}", app.server.base_url)
}

/// The provider of an organisation.
pub(super) async fn connection(app: &App, org: OrgId) -> Result<Option<Connection>, DbError> {
    let mut tx = TenantTx::begin(&app.db, org).await?;
    let found = store::connection(&mut tx).await?;
    tx.finish();
    Ok(found)
}

/// The settings as they are.
pub(super) async fn show(app: &App, caller: &Caller) -> Result<SettingsView, Problem> {
    let found = connection(app, caller.org).await?;
    Ok(SettingsView {
        connection: found.map(Into::into),
        redirect_uri: redirect_uri(app),
        sign_in_url: format!(
            "{}/sign-in?organization={}",
            app.server.base_url, caller.org
        ),
    })
}

/// Replaces the settings, once it was proved afresh that it is the owner. Nothing is asked of the
/// network before: whoever holds a session of theirs does not look around with this server.
pub(super) async fn change(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
) -> Result<SettingsView, Problem> {
    let wanted = wanted.check().map_err(Problem::invalid)?;
    let outbound = Outbound::new(&app.sso).map_err(|error| unusable(&error.into()))?;
    if let Err(error) = outbound.address(&wanted.issuer) {
        return Err(unusable(&error.into()));
    }
    let mut changed = Change::make(app, caller, &wanted).await?;
    let approval = step_up::demand(app, caller, &changed.act).await?;
    if wanted.enabled {
        // What people would run into is said to whoever can help it, before it is in force. Nobody
        // waits for the provider with a transaction open.
        drop(changed.tx);
        let described = provider::describe(&outbound, &wanted.issuer).await;
        described.map_err(|refusal| unusable(&refusal))?;
        let approved = changed.act.detail;
        changed = Change::make(app, caller, &wanted).await?;
        if changed.act.detail != approved {
            return Err(changed_meanwhile());
        }
    }
    let Change {
        tx,
        act,
        before,
        id,
        ..
    } = changed;
    let event = Event::by(app.clock.now(), caller, act.action, act.resource).with(act.detail);
    tx.commit(&app.keys, &event.approved(approval).made(id))
        .await?;
    if let Some(before) = &before {
        provider::forget(&app.cache, before).await?;
    }
    show(app, caller).await
}

/// Settings that are written and not yet kept, and what the trail will say of them.
struct Change {
    tx: WriteTx,
    act: Act,
    before: Option<Connection>,
    id: Uuid,
}

impl Change {
    /// Writes them. What cannot be is refused here, so that nobody proves themselves in vain.
    async fn make(app: &App, caller: &Caller, wanted: &Checked) -> Result<Self, Problem> {
        let mut tx = WriteTx::begin(&app.db, caller.org).await?;
        store::lock(tx.tenant()).await?;
        let before = store::connection(tx.tenant()).await?;
        let id = before.as_ref().map_or_else(Uuid::now_v7, |found| found.id);
        let next = store::secrets(tx.tenant()).await?.saturating_add(1);
        let secret = secret(app, (caller.org, id), wanted, (before.as_ref(), next))?;
        let now = app.clock.now();
        store::put_connection(tx.tenant(), id, wanted, secret.as_ref(), now).await?;
        if let Err(error) = store::put_parts(tx.tenant(), wanted).await {
            return Err(of_constraint(error));
        }
        let act = Act {
            action: Action::SsoChanged,
            resource: organization(caller.org),
            detail: detail(wanted, secret.map_or(0, |secret| secret.version)),
            summary: summary(wanted),
        };
        Ok(Self {
            tx,
            act,
            before,
            id,
        })
    }
}

/// The secret to store. A secret and the address that it is sent to are one decision: with another
/// issuer or client the one before is not sent along.
fn secret(
    app: &App,
    place: (OrgId, Uuid),
    wanted: &Checked,
    (before, next): (Option<&Connection>, i32),
) -> Result<Option<seal::SealedSecret>, Problem> {
    let stored = before.and_then(|before| before.secret.as_ref());
    let Some(given) = &wanted.client_secret else {
        let moved = before.is_some_and(|before| {
            before.issuer != wanted.issuer || before.client_id != wanted.client_id
        });
        if moved && stored.is_some() {
            let message = "must be given again for another issuer or client";
            return Err(FieldProblem::new("clientSecret", message).into());
        }
        return Ok(stored.cloned());
    };
    if given.expose().is_empty() {
        return Ok(None);
    }
    let kept = stored.map(|stored| stored.wrapped_key.as_slice());
    let sealed = seal::seal(&app.keys, place, (kept, next), given).map_err(|error| {
        Refusal::from(error).log();
        Problem::internal()
    })?;
    Ok(Some(sealed))
}

/// Takes the provider away, once it was proved afresh that it is the owner. Who was linked stays linked,
/// should the same provider come back.
pub(super) async fn remove(app: &App, caller: &Caller) -> Result<(), Problem> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    store::lock(tx.tenant()).await?;
    let before = store::connection(tx.tenant()).await?;
    let before = before.ok_or_else(Problem::not_found)?;
    store::require(tx.tenant(), false).await?;
    store::delete(tx.tenant()).await?;
    let act = Act {
        action: Action::SsoRemoved,
        resource: organization(caller.org),
        detail: json!({"issuer": before.issuer, "clientId": before.client_id}),
        summary: format!("Trust the identity provider {} no more.", before.issuer),
    };
    let approval = step_up::demand(app, caller, &act).await?;
    let event = Event::by(app.clock.now(), caller, act.action, act.resource);
    let event = event.with(act.detail).approved(approval);
    tx.commit(&app.keys, &event).await?;
    Ok(provider::forget(&app.cache, &before).await?)
}

/// What the trail says, and what is approved: everything but the secret. Of that, how many there were:
/// a new one is another act than the one before, and `vault verify` knows which must be there.
fn detail(wanted: &Checked, secret_version: i32) -> serde_json::Value {
    json!({
        "issuer": wanted.issuer,
        "clientId": wanted.client_id,
        "secretVersion": secret_version,
        "defaultRole": wanted.default_role,
        "groupClaim": wanted.group_claim,
        "mappings": wanted.mappings,
        "domains": wanted.domains,
        "enabled": wanted.enabled,
        "required": wanted.required,
    })
}

/// The same as a sentence: what decides about who gets in.
fn summary(wanted: &Checked) -> String {
    let issuer = &wanted.issuer;
    let whom = match wanted.domains.as_slice() {
        [] => String::new(),
        domains => format!(", for people of {}", domains.join(", ")),
    };
    match (wanted.enabled, wanted.required) {
        (false, _) => {
            format!("Prepare {issuer} as identity provider{whom}, and let nobody in by it.")
        }
        (true, false) => format!("Let the identity provider {issuer} say who people are{whom}."),
        (true, true) => format!(
            "Let the identity provider {issuer} say who people are{whom}, and let everybody but owners \
             in by it alone."
        ),
    }
}

const fn organization(org: OrgId) -> Resource {
    Resource {
        kind: "organization",
        id: org.as_uuid(),
    }
}

/// A provider, as what a link to an account is made by.
pub(super) const fn resource(id: Uuid) -> Resource {
    Resource { kind: "sso", id }
}

/// The provider as a field that is wrong. Which of a handful of things is wrong is said; what was
/// answered is not.
fn unusable(refusal: &Refusal) -> Problem {
    refusal.log();
    let why = match refusal {
        Refusal::Provider(error) => error.to_string(),
        Refusal::Description(what) => format!("its description {what}"),
        Refusal::Stranger
        | Refusal::MixedUp
        | Refusal::Changed
        | Refusal::Declined(_)
        | Refusal::Token(_)
        | Refusal::Claims(_)
        | Refusal::NotAdmitted(_)
        | Refusal::NoSeat
        | Refusal::Secret(_)
        | Refusal::Ours(_) => return Problem::unavailable(),
    };
    Problem::invalid(vec![FieldProblem {
        name: "issuer".to_owned(),
        message: format!("cannot be used: {why}"),
    }])
}

/// What only the database knows.
fn of_constraint(error: DbError) -> Problem {
    let (field, message) = match error.constraint() {
        Some("sso_domains_domain_key") => (
            "domains",
            "must not have one that another organisation of this server lists",
        ),
        Some(store::NO_TEAM) => ("mappings", "must name teams of this organisation"),
        Some(_) | None => return error.into(),
    };
    Problem::from(FieldProblem::new(field, message))
}

fn changed_meanwhile() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "changed-meanwhile",
        "Somebody else was changing this",
        "Look at what is there now, and try again.",
    )
}

/// The problem of a sign-in that is not offered.
pub(super) fn not_offered() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "sso-not-offered",
        "There is no single sign-on here",
        "No organisation has set it up for this address. Sign in another way, or ask your admin.",
    )
}
