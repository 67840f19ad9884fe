//! What is refused leaves an entry, too: who wanted to see what is concealed, and why they did not.
//!
//! The entry stands in the trail of whoever asked, with the ids that they asked for, whosever these are
//! and whether there is such a thing or not. What it is called is in it only where they might see that.
//! What somebody writes in this way is bounded: past [`MOST`] they are not answered for a while, with
//! the same words whatever they ask for.

use std::time::Duration;

use axum::extract::Request;
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{demand, demand_record};
use super::model::Which;
use super::problem::Error;
use super::{secrets, store};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::{Read, as_listed};
use crate::context::App;
use crate::edge::{Asking, Caller, Problem, Via, rate};
use crate::infra::db::TenantTx;
use crate::kernel::{SecretId, VaultId};

/// So many refusals of one person are recorded; further ones are not answered before the time is over.
const MOST: rate::Limit = rate::Limit {
    max: 100,
    window: Duration::from_secs(10 * 60),
};

/// What somebody wanted to see, or to take along.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// Something of a secret.
    Secret(Which),
    /// All that is in a vault.
    Vault(VaultId),
}

impl Wanted {
    const fn resource(self) -> Resource {
        match self {
            Self::Secret(which) => secrets::resource(which.secret),
            Self::Vault(vault) => Resource {
                kind: "vault",
                id: vault.as_uuid(),
            },
        }
    }

    /// What it is called, for somebody who may see that.
    async fn name(
        self,
        app: &App,
        tx: &mut TenantTx,
        caller: Caller,
    ) -> Result<Option<String>, Error> {
        match self {
            Self::Secret(which) => match demand_record::<Read>(tx, caller, which).await {
                Ok(permit) => secrets::name(app, tx, permit).await,
                Err(_) => Ok(None),
            },
            Self::Vault(vault) => match demand::<Read>(tx, caller, vault).await {
                Ok(permit) => Ok(store::vault(tx, permit).await?.map(|vault| vault.name)),
                Err(_) => Ok(None),
            },
        }
    }
}

/// Hands on what came of an act, and records it where it was refused.
pub(super) async fn noted<T>(
    app: &App,
    caller: Caller,
    (action, wanted, more): (Action, Wanted, Value),
    done: Result<T, Error>,
) -> Result<T, Error> {
    let error = match done {
        Ok(done) => return Ok(done),
        Err(error) => error,
    };
    if let Some(reason) = reason(&error, &caller) {
        record(app, caller, (action, wanted, more), reason).await?;
    }
    Err(error)
}

/// A request that would have opened something, as it is known before a vault is looked at: somebody came
/// with a token that may not do it, or has to set up a second factor first.
#[derive(Debug)]
pub(crate) struct Attempt {
    caller: Caller,
    action: Action,
    wanted: Wanted,
}

impl Attempt {
    /// What a request of somebody who is known attempts, if it is that.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let Some(Asking::Known(caller)) = request.extensions().get::<Asking>() else {
            return None;
        };
        let (action, wanted) = way_of(request)?;
        Some(Self {
            caller: *caller,
            action,
            wanted,
        })
    }

    /// Records that it was refused.
    ///
    /// # Errors
    /// The problem that is answered instead, past the bound.
    pub(crate) async fn refused(self, app: &App, reason: &'static str) -> Result<(), Problem> {
        let act = (self.action, self.wanted, json!({}));
        Ok(record(app, self.caller, act, reason).await?)
    }
}

/// The ways out, as the table of routes has them, each with what it records. At the door nobody has
/// read what a value is wanted for.
static WAYS: [(Method, &str, Action); 6] = [
    (
        Method::POST,
        "vaults/{vaultId}/secrets/{secretId}/reveal",
        Action::SecretRevealed,
    ),
    (
        Method::POST,
        "vaults/{vaultId}/secrets/{secretId}/versions/{version}/reveal",
        Action::SecretVersionRevealed,
    ),
    (
        Method::POST,
        "vaults/{vaultId}/secrets/{secretId}/code",
        Action::SecretCodeShown,
    ),
    (
        Method::POST,
        "vaults/{vaultId}/secrets/{secretId}/links",
        Action::LinkMade,
    ),
    (
        Method::GET,
        "vaults/{vaultId}/secrets/{secretId}/attachments/{attachmentId}",
        Action::AttachmentRead,
    ),
    (
        Method::POST,
        "vaults/{vaultId}/export",
        Action::VaultExported,
    ),
];

/// Which way out a request would have gone, if its ids are any.
fn way_of(request: &Request) -> Option<(Action, Wanted)> {
    let segments: Vec<&str> = request.uri().path().rsplit('/').collect();
    let asked = as_listed(request.method());
    let (action, named) = WAYS.iter().find_map(|(method, path, action)| {
        let named: Vec<(&str, &str)> = path.rsplit('/').zip(segments.iter().copied()).collect();
        let whole = named.len() == path.split('/').count();
        let fits = |(pattern, given): &(&str, &str)| pattern.starts_with('{') || pattern == given;
        let goes = whole && method == asked && named.iter().all(fits);
        goes.then_some((*action, named))
    })?;
    let id = |name: &str| {
        let (_, given) = named.iter().find(|(pattern, _)| *pattern == name)?;
        // As the router reads it.
        let given = percent_decode_str(given).decode_utf8().ok()?;
        Uuid::try_parse(&given).ok()
    };
    let vault = VaultId::from_uuid(id("{vaultId}")?);
    let wanted = if action == Action::VaultExported {
        Wanted::Vault(vault)
    } else {
        let secret = SecretId::from_uuid(id("{secretId}")?);
        Wanted::Secret(Which { vault, secret })
    };
    Some((action, wanted))
}

/// Writes the entry, if whoever asked has not been refused too often.
async fn record(
    app: &App,
    caller: Caller,
    (action, wanted, more): (Action, Wanted, Value),
    reason: &'static str,
) -> Result<(), Error> {
    let who = format!("{}/{}", caller.org, caller.user);
    rate::attempt(&app.cache, "refused", &who, MOST).await?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let name = wanted.name(app, tx.tenant(), caller).await?;
    let mut detail = match wanted {
        Wanted::Secret(which) => json!({"vaultId": which.vault}),
        Wanted::Vault(_) => json!({}),
    };
    if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
        detail.extend(more);
    }
    let event = Event::by(app.clock.now(), &caller, action, wanted.resource()).with(detail);
    let event = event.named(&name.unwrap_or_default()).denied(reason);
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Why it was refused; nothing where it failed for another reason. Who is asked for a proof for the first
/// time has not been refused anything: everybody is. Who comes with one that is not good for this act has.
fn reason(error: &Error, caller: &Caller) -> Option<&'static str> {
    match error {
        Error::NotFound => Some("not-found"),
        Error::Refused(_) => Some("role"),
        Error::InjectOnly => Some("inject-only"),
        Error::Unproven(problem) => match (problem.code(), caller.via) {
            (code @ "session-needed", _)
            | (
                code @ "step-up-required",
                Via::Session {
                    step_up: Some(_), ..
                },
            ) => Some(code),
            _ => None,
        },
        _ => None,
    }
}
