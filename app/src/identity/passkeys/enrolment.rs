//! A person makes a passkey.

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use webauthn_rs::prelude::{CredentialID, PasskeyRegistration, RegisterPublicKeyCredential};

use super::ceremony::Place;
use super::party::party;
use super::proof::{fault, passkeys};
use super::store::{self, Use};
use crate::audit::approval::PublicKey;
use crate::audit::{Action, Event, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, Problem, Via};
use crate::identity::factors::{self, Added, FactorAdded};
use crate::identity::session::SessionToken;
use crate::identity::{sessions, store as accounts};
use crate::kernel::{FactorId, Factors, FieldProblem, SessionId, UserId};

/// The most of one account.
const MOST: usize = 20;

/// A ceremony, and what the browser is asked for it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PasskeyCeremony)]
pub(in crate::identity) struct Ceremony {
    /// Which.
    pub id: FactorId,
    /// What `navigator.credentials` is called with.
    #[schema(value_type = Object)]
    pub options: Value,
}

/// What is remembered of it.
#[derive(Serialize, Deserialize)]
struct Begun {
    user: UserId,
    session: SessionId,
    state: PasskeyRegistration,
}

/// Begins to add a passkey.
pub(in crate::identity) async fn begin(app: &App, caller: &Caller) -> Result<Ceremony, Problem> {
    let site = party(app)?;
    let session = sessions::current(caller).ok_or_else(Problem::session_needed)?;
    let person = sessions::me(app, caller).await?.user;
    let known = passkeys(app, caller.user).await?;
    if known.len() >= MOST {
        return Err(factors::too_many());
    }
    let known: Vec<CredentialID> = known
        .iter()
        .map(|one| one.passkey.cred_id().clone())
        .collect();
    let handle = caller.user.as_uuid();
    let begun = site.start_passkey_registration(handle, &person.email, &person.name, Some(known));
    let (options, state) = begun.map_err(|error| fault(&error))?;
    let mut options = serde_json::to_value(options).map_err(|_| Problem::internal())?;
    // The library discourages it, for keys with little room. Whoever keeps it can sign in by it alone.
    if let Some(place) = options.pointer_mut("/publicKey/authenticatorSelection/residentKey") {
        *place = json!("preferred");
    }
    let id = FactorId::new();
    let begun = Begun {
        user: caller.user,
        session,
        state,
    };
    Place::of("new", id).put(app, &begun).await?;
    Ok(Ceremony { id, options })
}

/// Adds the passkey that was made. It demands a fresh proof: whoever took over a session would
/// otherwise add one of their own, and prove everything by it.
pub(in crate::identity) async fn add(
    app: &App,
    caller: &Caller,
    token: &SessionToken,
    (id, name): (FactorId, &str),
    credential: Map<String, Value>,
) -> Result<(FactorAdded, HeaderValue), Problem> {
    let name = factors::factor_name(name)?;
    let place = Place::of("new", id);
    let own = |begun: &Begun| {
        let session = matches!(caller.via, Via::Session { id, .. } if id == begun.session);
        begun.user == caller.user && session
    };
    // It stays there while the person is asked for the proof.
    let begun: Option<Begun> = place.look(app).await?;
    let begun = begun.filter(own).ok_or_else(gone)?;
    let made: RegisterPublicKeyCredential =
        serde_json::from_value(Value::Object(credential)).map_err(|_| unreadable())?;
    let passkey = party(app)?
        .finish_passkey_registration(&made, &begun.state)
        .map_err(|error| {
            tracing::info!(%error, "passkey not registered");
            unreadable()
        })?;
    let key = PublicKey::of(passkey.get_public_key()).ok_or_else(unreadable)?;
    let act = Act {
        action: Action::FactorAdded,
        resource: factors::resource(id),
        detail: json!({
            "kind": "passkey",
            "name": name,
            "publicKey": key.to_jwk(),
            "fingerprint": key.fingerprint(),
        }),
        summary: format!("Add the passkey “{name}”."),
    };
    let approval = step_up::demand(app, caller, &act).await?;
    if place.take::<Begun>(app).await?.is_none() {
        return Err(gone().into());
    }
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, caller.user).await?;
    let (counter, backed_up) = said_at_first(&passkey);
    let new = Use {
        passkey: &passkey,
        counter,
        backed_up,
    };
    let now = app.clock.now();
    if !store::insert(connection, (caller.user, id), &name, &new, now).await? {
        return Err(known());
    }
    let added = Added::within(app, &mut tx, caller.user).await?;
    let event = Event::by(now, caller, act.action, act.resource);
    let event = event.with(act.detail).approved(approval);
    tx.commit(&app.keys, &event).await?;
    added.go_on(app, caller, token, Factors::PASSKEY).await
}

/// Counter and backup of a passkey that was just made: the library keeps them to itself.
fn said_at_first(passkey: &webauthn_rs::prelude::Passkey) -> (u32, bool) {
    let inside = serde_json::to_value(passkey).unwrap_or_default();
    let counter = inside.pointer("/cred/counter").and_then(Value::as_u64);
    let backed_up = inside.pointer("/cred/backup_state");
    (
        counter
            .and_then(|counter| counter.try_into().ok())
            .unwrap_or(0),
        backed_up.and_then(Value::as_bool).unwrap_or(false),
    )
}

fn gone() -> FieldProblem {
    FieldProblem::new(
        "id",
        "names nothing that was begun here, or it took too long",
    )
}

fn unreadable() -> FieldProblem {
    FieldProblem::new("credential", "is not the passkey that was asked for")
}

/// The credential is an account's already, this one's or another's: one answer.
fn known() -> Problem {
    Problem::new(
        http::StatusCode::CONFLICT,
        "passkey-known",
        "This passkey is known already",
        "Use another device or security key.",
    )
}
