//! `/me/sessions`: the devices that a person is signed in on.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::context::App;
use crate::edge::{Caller, Id, Problem, ProblemBody};
use crate::identity::model::SessionList;
use crate::identity::sessions;
use crate::kernel::SessionId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(revoke))
        .routes(routes!(revoke_others))
}

/// The devices that one is signed in on, the last used first.
#[utoipa::path(get, path = "/me/sessions", operation_id = "listSessions", tag = "session", responses(
    (status = 200, body = SessionList),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<SessionList>, Problem> {
    sessions::list(&app, &caller).await.map(Json)
}

/// Sign one device out.
#[utoipa::path(delete, path = "/me/sessions/{sessionId}", operation_id = "revokeSession", tag = "session", params(("sessionId" = SessionId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    sessions::revoke(&app, &caller, SessionId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign every other device out.
#[utoipa::path(post, path = "/me/sessions/revoke-others", operation_id = "revokeOtherSessions", tag = "session", responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn revoke_others(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    sessions::revoke_others(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
