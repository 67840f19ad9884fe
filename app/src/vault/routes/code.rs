//! One-time codes: `…/secrets/{secretId}/code`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::problem::Error;
use super::super::record::FieldName;
use super::super::secrets::reveal;
use super::super::types::{Code, code_at};
use super::which;
use crate::audit::Action;
use crate::context::App;
use crate::edge::{Caller, Id, Problem, ProblemBody};
use crate::kernel::FieldProblem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// A one-time code. The seed stays where it is.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct OneTimeCode {
    /// Its digits.
    #[schema(value_type = String)]
    code: Zeroizing<String>,
    /// When the next one takes its place.
    #[serde(with = "time::serde::rfc3339")]
    valid_until: OffsetDateTime,
    /// For how many seconds each code holds.
    period: u32,
}

impl From<Code> for OneTimeCode {
    fn from(code: Code) -> Self {
        Self {
            code: code.code,
            valid_until: code.valid_until,
            period: code.period,
        }
    }
}

/// The one-time code of this moment. The trail records it first, and the seed does not leave.
///
/// A secret of high sensitivity demands a fresh proof, and so a session. One that may only be used shows
/// nothing: 403 `inject-only`.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/code", operation_id = "showCode", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 200, body = OneTimeCode),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<Json<OneTimeCode>, Problem> {
    let seed = FieldName::OfType("otpauth".to_owned());
    let now = app.clock.now();
    let code = |_: &str, seed: &Zeroizing<String>| -> Result<Code, Error> {
        let wrong = || FieldProblem::new("otpauth", "gives no codes");
        Ok(code_at(seed, now).ok_or_else(wrong)?)
    };
    let act = (Action::SecretCodeShown, &seed);
    let code = reveal::derived(&app, caller, which(ids), act, code).await?;
    Ok(Json(code.into()))
}
