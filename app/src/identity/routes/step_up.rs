//! `/auth/step-up`: proving once more that it is oneself.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::context::App;
use crate::edge::{Body, Caller, Id, Problem, ProblemBody};
use crate::identity::step_up::{self, Shown, StepUpView};
use crate::kernel::StepUpId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read, prove))
}

/// What has to be proved, and how that can be done.
#[utoipa::path(get, path = "/auth/step-up/{stepUpId}", operation_id = "getStepUp", tag = "session",
    params(("stepUpId" = Uuid, Path)), responses(
    (status = 200, body = StepUpView),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
) -> Result<Json<StepUpView>, Problem> {
    let id = StepUpId::from_uuid(id);
    step_up::look(&app, &caller, id).await.map(Json)
}

/// Prove that it is oneself. Afterwards the request that wanted the proof is sent again, with the id
/// in the header `VaultTerm-Step-Up`.
#[utoipa::path(post, path = "/auth/step-up/{stepUpId}", operation_id = "proveStepUp", tag = "session",
    params(("stepUpId" = Uuid, Path)), request_body = Shown, responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn prove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Body(shown): Body<Shown>,
) -> Result<StatusCode, Problem> {
    step_up::prove(&app, &caller, StepUpId::from_uuid(id), shown).await?;
    Ok(StatusCode::NO_CONTENT)
}
