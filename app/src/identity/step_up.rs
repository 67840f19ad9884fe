//! How a person meets the demand for a fresh proof. What is demanded, and what a proof is good for, is
//! decided in [`crate::authz::step_up`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::known::Guess;
use super::passkeys::{self, Challenge, Given};
use super::{account, factors};
use crate::audit::approval::Assertion;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up;
use crate::context::App;
use crate::edge::{Caller, Problem, Via};
use crate::infra::db::LookupTx;
use crate::kernel::{Factors, FieldProblem, ProofMethod, Redacted, StepUpId};

/// What has to be proved, and how that can be done.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StepUp)]
#[serde(rename_all = "camelCase")]
pub(super) struct StepUpView {
    /// What the person is about to do.
    pub(super) summary: String,
    /// By what they can prove that it is them, the strongest first.
    pub(super) methods: Vec<ProofMethod>,
    /// What the browser is asked for, where a passkey can be shown: its challenge is the digest of
    /// the act.
    #[schema(value_type = Option<Object>, required)]
    pub(super) passkey_options: Option<Value>,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) expires_at: OffsetDateTime,
}

/// A proof, by one of the methods.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = StepUpProof)]
#[serde(rename_all = "camelCase")]
pub(super) enum Shown {
    /// The password, for people without a second factor.
    #[schema(value_type = String, format = Password)]
    Password(Redacted<String>),
    /// Six digits of an authenticator app.
    #[schema(value_type = String)]
    Totp(Redacted<String>),
    /// A recovery code. It works once.
    #[schema(value_type = String)]
    RecoveryCode(Redacted<String>),
    /// What the browser answered for a passkey.
    #[schema(value_type = Object)]
    Credential(Map<String, Value>),
}

impl Shown {
    /// By what, and in which field.
    const fn kind(&self) -> (ProofMethod, &'static str) {
        match self {
            Self::Password(_) => (ProofMethod::Password, "password"),
            Self::Totp(_) => (ProofMethod::Totp, "totp"),
            Self::RecoveryCode(_) => (ProofMethod::RecoveryCode, "recoveryCode"),
            Self::Credential(_) => (ProofMethod::Passkey, "credential"),
        }
    }
}

/// What the caller is about to do, and how they can prove that it is them.
pub(super) async fn look(app: &App, caller: &Caller, id: StepUpId) -> Result<StepUpView, Problem> {
    let demand = step_up::find(app, caller, id).await?;
    let challenge = Challenge::of(app, caller.user, &demand.digest).await?;
    let methods = methods(app, caller, challenge.is_some()).await?;
    Ok(StepUpView {
        summary: demand.summary,
        methods,
        passkey_options: challenge.map(|challenge| challenge.options),
        expires_at: demand.expires_at,
    })
}

/// Checks a proof, records it, and notes that the demand is met.
pub(super) async fn prove(
    app: &App,
    caller: &Caller,
    id: StepUpId,
    shown: Shown,
) -> Result<(), Problem> {
    // What is not there, or not for the caller, is no occasion to try passwords.
    let demand = step_up::find(app, caller, id).await?;
    let (method, field) = shown.kind();
    let challenge = Challenge::of(app, caller.user, &demand.digest).await?;
    if !methods(app, caller, challenge.is_some())
        .await?
        .contains(&method)
    {
        let message = "is no proof here: use another of your factors";
        return Err(FieldProblem::new(field, message).into());
    }
    let (tx, assertion) = check(app, caller, shown, challenge).await?;
    let resource = Resource {
        kind: "step-up",
        id: id.as_uuid(),
    };
    let event = Event::by(app.clock.now(), caller, Action::StepUpProved, resource);
    let event = event.with(json!({"method": method, "summary": demand.summary}));
    tx.commit(&app.keys, &event).await?;
    step_up::meet(app, caller, id, method, assertion.as_ref()).await
}

/// Judges what was shown; what that changes is in the transaction.
async fn check(
    app: &App,
    caller: &Caller,
    shown: Shown,
    challenge: Option<Challenge>,
) -> Result<(WriteTx, Option<Assertion>), Problem> {
    let user = caller.user;
    if let Shown::Password(password) = shown {
        account::prove(app, caller, password, "password").await?;
        return Ok((WriteTx::begin(&app.db, caller.org).await?, None));
    }
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    match shown {
        Shown::Password(_) => Ok((tx, None)),
        Shown::Totp(code) => {
            let guess = Guess::count(app, user, caller.origin.address).await?;
            if !factors::take_code(app, &mut tx, user, &code).await? {
                return Err(factors::wrong_code("totp").into());
            }
            guess.was_right(app).await?;
            Ok((tx, None))
        }
        Shown::RecoveryCode(code) => {
            if !factors::take_recovery_code(&mut tx, user, &code).await? {
                let message = "is none of yours, or was used already";
                return Err(FieldProblem::new("recoveryCode", message).into());
            }
            Ok((tx, None))
        }
        Shown::Credential(credential) => {
            let given = Given::read(credential)?;
            let challenge = challenge.ok_or_else(Problem::not_found)?;
            match challenge.judge(app, &mut tx, &given).await? {
                Ok(shown) => Ok((tx, Some(shown.into_assertion()))),
                Err(copied) => {
                    drop(tx);
                    let origin = (caller.origin, factors_of(caller));
                    passkeys::suspend(app, (caller.org, user), copied, origin).await?;
                    Err(passkeys::copied())
                }
            }
        }
    }
}

const fn factors_of(caller: &Caller) -> Factors {
    match caller.via {
        Via::Session { factors, .. } => factors,
        Via::Token { .. } => Factors::empty(),
    }
}

/// A password is what somebody has who set up nothing else. Whoever has a second factor shows that: the
/// password was shown already when the session began.
async fn methods(
    app: &App,
    caller: &Caller,
    passkey_can_be_shown: bool,
) -> Result<Vec<ProofMethod>, Problem> {
    let mut tx = LookupTx::by_user(&app.db, caller.user).await?;
    let enrolled = factors::enrolled(&mut tx, caller.user).await?;
    let second = factors::methods(&mut tx, caller.user).await?;
    tx.finish();
    if !enrolled.any() {
        return Ok(vec![ProofMethod::Password]);
    }
    let second = second.into_iter().map(ProofMethod::from);
    Ok(second
        .filter(|method| *method != ProofMethod::Passkey || passkey_can_be_shown)
        .collect())
}
