//! Asking for a passkey, and judging what is shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Map, Value, json};
use webauthn_rs::prelude::{
    AuthenticationResult, Passkey, PasskeyAuthentication, PublicKeyCredential, Webauthn,
    WebauthnError, WebauthnResult,
};

use super::party::{open_at, party};
use super::store::{self, Stored, Use};
use crate::audit::approval::{Assertion, Digest, PublicKey};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem};
use crate::identity::{factors, store as accounts};
use crate::infra::db::{DbError, LookupTx};
use crate::kernel::{FactorId, Factors, FieldProblem, OrgId, UserId};

/// What a browser sends for a passkey that was shown.
#[derive(Debug)]
pub(in crate::identity) struct Given(PublicKeyCredential);

impl Given {
    /// Reads it.
    ///
    /// # Errors
    /// When it does not have the shape of one.
    pub(in crate::identity) fn read(credential: Map<String, Value>) -> Result<Self, FieldProblem> {
        let read = serde_json::from_value(Value::Object(credential));
        read.map(Self).map_err(|_| {
            FieldProblem::new("credential", "is not what a browser makes of a passkey")
        })
    }

    /// Whom it says that it belongs to: the discoverable ones know.
    pub(super) fn user(&self) -> Option<UserId> {
        let handle = self.0.get_user_unique_id()?;
        let handle = uuid::Uuid::from_slice(handle).ok()?;
        Some(UserId::from_uuid(handle))
    }

    pub(super) const fn credential(&self) -> &PublicKeyCredential {
        &self.0
    }
}

/// Why a passkey was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is none of the account's, or the signature is not for what was asked.
    Wrong,
    /// It is genuine, and there are two of it.
    Copied(FactorId),
}

/// A passkey that was shown, and is good.
#[derive(Debug)]
pub(in crate::identity) struct Shown {
    id: FactorId,
    passkey: Passkey,
    counter: u32,
    backed_up: bool,
    assertion: Assertion,
}

impl Shown {
    /// Judges an answer with the passkeys of one account.
    pub(super) fn judge(
        app: &App,
        user: UserId,
        stored: &[Stored],
        given: &Given,
        finish: impl FnOnce(&Passkey) -> WebauthnResult<AuthenticationResult>,
    ) -> Result<Self, Refused> {
        let named = store::named(stored, given.credential()).ok_or(Refused::Wrong)?;
        // It says whom it belongs to, or nothing; the library does not look.
        if given.credential().get_user_unique_id().is_some() && given.user() != Some(user) {
            return Err(Refused::Wrong);
        }
        let result = finish(&named.passkey).map_err(|error| match error {
            WebauthnError::CredentialPossibleCompromise => Refused::Copied(named.id),
            other => {
                tracing::info!(error = %other, "passkey refused");
                Refused::Wrong
            }
        })?;
        let mut passkey = named.passkey.clone();
        passkey.update_credential(&result);
        let key = PublicKey::of(passkey.get_public_key()).ok_or(Refused::Wrong)?;
        let site = app.server.relying_party.as_ref();
        let site = site.map_err(|_| Refused::Wrong)?;
        let response = &given.credential().response;
        let assertion = Assertion {
            domain: site.id.clone(),
            origin: site.origin.clone(),
            credential: given.credential().get_credential_id().to_vec(),
            key,
            authenticator_data: response.authenticator_data.clone(),
            client_data: response.client_data_json.clone(),
            signature: response.signature.clone(),
        };
        Ok(Self {
            id: named.id,
            passkey,
            counter: result.counter(),
            backed_up: result.backup_state(),
            assertion,
        })
    }

    /// Notes its use in a running transaction.
    pub(super) async fn note(
        &self,
        app: &App,
        tx: &mut WriteTx,
        user: UserId,
    ) -> Result<Result<(), Refused>, DbError> {
        let connection = tx.tenant().connection();
        accounts::act_as(&mut *connection, user).await?;
        let shown = Use {
            passkey: &self.passkey,
            counter: self.counter,
            backed_up: self.backed_up,
        };
        let now = app.clock.now();
        let noted = store::note_use(connection, (user, self.id), &shown, now).await?;
        Ok(if noted {
            Ok(())
        } else {
            Err(Refused::Copied(self.id))
        })
    }

    /// What it signed, for the trail.
    pub(in crate::identity) fn into_assertion(self) -> Assertion {
        self.assertion
    }
}

/// What is asked of the passkeys of one account, when what is signed is the digest of an act.
#[derive(Debug)]
pub(in crate::identity) struct Challenge {
    /// What the browser is asked.
    pub(in crate::identity) options: Value,
    state: PasskeyAuthentication,
    stored: Vec<Stored>,
    user: UserId,
}

impl Challenge {
    /// Asks for a passkey of an account; none where it has none that can be shown here.
    pub(in crate::identity) async fn of(
        app: &App,
        user: UserId,
        digest: &Digest,
    ) -> Result<Option<Self>, Problem> {
        if !open_at(app) {
            return Ok(None);
        }
        let stored = passkeys(app, user).await?;
        let Some((options, state)) = ask(&party(app)?, &stored)? else {
            return Ok(None);
        };
        let (options, state) = exchange(options, &state, digest).ok_or_else(Problem::internal)?;
        Ok(Some(Self {
            options,
            state,
            stored,
            user,
        }))
    }

    /// Judges what was shown, and notes its use in a running transaction.
    pub(in crate::identity) async fn judge(
        self,
        app: &App,
        tx: &mut WriteTx,
        given: &Given,
    ) -> Result<Result<Shown, FactorId>, Problem> {
        let site = party(app)?;
        let finish =
            |_: &Passkey| site.finish_passkey_authentication(given.credential(), &self.state);
        let shown = Shown::judge(app, self.user, &self.stored, given, finish);
        let noted = match shown {
            Ok(shown) => shown.note(app, tx, self.user).await?.map(|()| shown),
            Err(refused) => Err(refused),
        };
        match noted {
            Ok(shown) => Ok(Ok(shown)),
            Err(Refused::Copied(id)) => Ok(Err(id)),
            Err(Refused::Wrong) => Err(unusable().into()),
        }
    }
}

/// The passkeys of an account.
pub(super) async fn passkeys(app: &App, user: UserId) -> Result<Vec<Stored>, Problem> {
    let mut tx = LookupTx::by_user(&app.db, user).await?;
    let stored = store::all(tx.connection(), user).await?;
    tx.finish();
    Ok(stored)
}

/// Asks for one of these; none when there is none that counts.
pub(super) fn ask(
    site: &Webauthn,
    stored: &[Stored],
) -> Result<Option<(Value, PasskeyAuthentication)>, Problem> {
    let good = stored.iter().filter(|one| !one.suspended);
    let good: Vec<Passkey> = good.map(|one| one.passkey.clone()).collect();
    if good.is_empty() {
        return Ok(None);
    }
    let begun = site.start_passkey_authentication(&good);
    let (options, state) = begun.map_err(|error| fault(&error))?;
    let options = serde_json::to_value(options).map_err(|_| Problem::internal())?;
    Ok(Some((options, state)))
}

/// Puts our challenge in the place of the library's, which draws its own and takes no other: the digest
/// of an act holds a nonce of 32 random bytes, and nobody has seen it before.
fn exchange(
    mut options: Value,
    state: &PasskeyAuthentication,
    digest: &Digest,
) -> Option<(Value, PasskeyAuthentication)> {
    let challenge = json!(URL_SAFE_NO_PAD.encode(digest));
    let mut state = serde_json::to_value(state).ok()?;
    *options.pointer_mut("/publicKey/challenge")? = challenge.clone();
    *state.pointer_mut("/ast/challenge")? = challenge;
    Some((options, serde_json::from_value(state).ok()?))
}

/// Suspends a passkey of which there are two, and records it: its owner will want to know.
pub(in crate::identity) async fn suspend(
    app: &App,
    (org, user): (OrgId, UserId),
    id: FactorId,
    (origin, factors): (Origin, Factors),
) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, org).await?;
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, user).await?;
    let Some(name) = store::suspend(connection, (user, id), now).await? else {
        return Ok(());
    };
    let event = Event::new(now, user, Action::PasskeySuspended, factors::resource(id))
        .with(json!({"name": name}))
        .from(origin, factors);
    Ok(tx.commit(&app.keys, &event).await?)
}

/// A passkey that proves nothing here.
pub(super) fn unusable() -> FieldProblem {
    FieldProblem::new(
        "credential",
        "is no passkey of yours for this, or it took too long",
    )
}

/// A passkey of which there are two.
pub(in crate::identity) fn copied() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "passkey-suspended",
        "This passkey is suspended",
        "Its counter went back, as that of a copy does. Use another factor, then remove it.",
    )
}

pub(super) fn fault(error: &WebauthnError) -> Problem {
    tracing::error!(%error, "passkey");
    Problem::internal()
}
