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
    tx.finish().await?;
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

/// Replaces the settings.
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
    // What people would run into is said to whoever can help it, before it is in force.
    if wanted.enabled {
        let described = provider::describe(&outbound, &wanted.issuer).await;
        described.map_err(|refusal| unusable(&refusal))?;
    }
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let before = store::connection(tx.tenant()).await?;
    let id = before.as_ref().map_or_else(Uuid::now_v7, |found| found.id);
    let secret = secret(app, (caller.org, id), &wanted, before.as_ref())?;
    store::put_connection(tx.tenant(), id, &wanted, secret.as_ref(), now).await?;
    if let Err(error) = store::put_parts(tx.tenant(), &wanted).await {
        return Err(domain_taken(error));
    }
    let event = Event::by(now, caller, Action::SsoChanged, resource(id));
    let event = event.with(summary(&wanted, secret.is_some()));
    tx.commit(&app.keys, &event).await?;
    if let Some(before) = &before {
        provider::forget(&app.cache, before).await?;
    }
    show(app, caller).await
}

/// The secret to store. A secret and the address that it is sent to are one decision: with another
/// issuer or client the one before is not sent along.
fn secret(
    app: &App,
    place: (OrgId, Uuid),
    wanted: &Checked,
    before: Option<&Connection>,
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
    let kept = stored.map(|stored| (stored.wrapped_key.as_slice(), stored.version));
    let sealed = seal::seal(&app.keys, place, kept, given).map_err(|error| {
        Refusal::from(error).log();
        Problem::internal()
    })?;
    Ok(Some(sealed))
}

/// Takes the provider away. Who was linked stays linked, should the same provider come back.
pub(super) async fn remove(app: &App, caller: &Caller) -> Result<(), Problem> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let before = store::connection(tx.tenant()).await?;
    let before = before.ok_or_else(Problem::not_found)?;
    store::require(tx.tenant(), false).await?;
    store::delete(tx.tenant()).await?;
    let event = Event::by(
        app.clock.now(),
        caller,
        Action::SsoRemoved,
        resource(before.id),
    );
    let event = event.with(json!({"issuer": before.issuer}));
    tx.commit(&app.keys, &event).await?;
    Ok(provider::forget(&app.cache, &before).await?)
}

/// What the trail says: everything but the secret.
fn summary(wanted: &Checked, has_secret: bool) -> serde_json::Value {
    json!({
        "issuer": wanted.issuer,
        "clientId": wanted.client_id,
        "hasSecret": has_secret,
        "defaultRole": wanted.default_role,
        "groupClaim": wanted.group_claim,
        "mappings": wanted.mappings,
        "domains": wanted.domains,
        "enabled": wanted.enabled,
        "required": wanted.required,
    })
}

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

fn domain_taken(error: DbError) -> Problem {
    if error.constraint() == Some("sso_domains_domain_key") {
        let message = "must not have one that another organisation of this server lists";
        return Problem::from(FieldProblem::new("domains", message));
    }
    error.into()
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
