//! How a person meets the demand for a fresh proof. What is demanded, and what a proof is good for, is
//! decided in [`crate::authz::step_up`].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::account;
use super::factors::Enrolled;
use super::standing::Standing;
use crate::authz::step_up::{self, Demand};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::kernel::{FieldProblem, ProofMethod, Redacted, StepUpId};

/// What has to be proved, and how that can be done.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StepUp)]
#[serde(rename_all = "camelCase")]
pub(super) struct StepUpView {
    /// What the person is about to do.
    pub summary: String,
    /// By what they can prove that it is them, the strongest first.
    pub methods: Vec<ProofMethod>,
    /// What the browser is asked for, where a passkey can be shown.
    #[schema(value_type = Option<Object>, required)]
    pub passkey_options: Option<Value>,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// A proof, by one of the methods.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = StepUpProof)]
#[serde(rename_all = "camelCase")]
pub(super) enum Shown {
    /// The password, for people without a second factor.
    #[schema(value_type = String, format = Password)]
    Password(Redacted<String>),
}

/// What the caller is about to do, and how they can prove that it is them.
pub(super) async fn look(app: &App, caller: &Caller, id: StepUpId) -> Result<StepUpView, Problem> {
    let Demand {
        summary,
        expires_at,
        ..
    } = step_up::find(app, caller, id).await?;
    let methods = methods(enrolled(app, caller).await?);
    Ok(StepUpView {
        summary,
        methods,
        passkey_options: None,
        expires_at,
    })
}

/// Checks a proof, and notes that the demand is met.
pub(super) async fn prove(
    app: &App,
    caller: &Caller,
    id: StepUpId,
    shown: Shown,
) -> Result<(), Problem> {
    // What is not there, or not for the caller, is no occasion to try passwords.
    step_up::find(app, caller, id).await?;
    let methods = methods(enrolled(app, caller).await?);
    let method = match shown {
        Shown::Password(password) => {
            demand_open(&methods, ProofMethod::Password, "password")?;
            account::prove(app, caller, password, "password").await?;
            ProofMethod::Password
        }
    };
    step_up::meet(app, caller, id, method).await
}

async fn enrolled(app: &App, caller: &Caller) -> Result<Enrolled, Problem> {
    let standing = Standing::of(&app.db, caller.user).await?;
    Ok(standing.map(|found| found.enrolled).unwrap_or_default())
}

/// A password is what somebody has who set up nothing else. Whoever has a second factor shows that: the
/// password was shown already when the session began.
fn methods(enrolled: Enrolled) -> Vec<ProofMethod> {
    if !enrolled.any() {
        return vec![ProofMethod::Password];
    }
    [
        (ProofMethod::Passkey, enrolled.passkeys > 0),
        (ProofMethod::Totp, enrolled.totp),
        (ProofMethod::RecoveryCode, enrolled.recovery_codes > 0),
    ]
    .into_iter()
    .filter_map(|(method, open)| open.then_some(method))
    .collect()
}

fn demand_open(
    methods: &[ProofMethod],
    method: ProofMethod,
    field: &'static str,
) -> Result<(), Problem> {
    if methods.contains(&method) {
        Ok(())
    } else {
        Err(FieldProblem::new(field, "is no proof here: use another of your factors").into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Enrolled, methods};
    use crate::kernel::ProofMethod::{Passkey, Password, RecoveryCode, Totp};

    #[test]
    fn a_password_proves_nothing_more_once_there_is_a_second_factor() {
        let enrolled = |totp, passkeys, recovery_codes| Enrolled {
            totp,
            passkeys,
            recovery_codes,
        };
        assert_eq!(methods(enrolled(false, 0, 0)), [Password]);
        assert_eq!(methods(enrolled(false, 0, 3)), [Password]);
        assert_eq!(methods(enrolled(true, 0, 0)), [Totp]);
        assert_eq!(methods(enrolled(true, 2, 3)), [Passkey, Totp, RecoveryCode]);
    }
}
