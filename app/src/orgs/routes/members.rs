//! `/members`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::context::App;
use crate::edge::{Body, Caller, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{OrgRole, Page, PageQuery, UserId};
use crate::orgs::members::{self, MemberView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change, remove))
        .routes(routes!(confirm))
        .routes(routes!(deactivate))
        .routes(routes!(reactivate))
}

/// Who belongs to the organisation. Those who manage it also see who waits and who was deactivated.
#[utoipa::path(get, path = "/members", operation_id = "listMembers", tag = "people", params(PageQuery), responses(
    (status = 200, body = Page<MemberView>),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<MemberView>>, Problem> {
    members::list(&app, &caller, query).await.map(Json)
}

/// What is to be changed of a member.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberChange {
    /// What they are to be.
    role: OrgRole,
}

/// Give somebody another role. Nobody makes anybody more than they are themselves.
#[utoipa::path(patch, path = "/members/{userId}", operation_id = "updateMember", tag = "people",
    params(("userId" = Uuid, Path)), request_body = MemberChange, responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
    Body(change): Body<MemberChange>,
) -> Result<StatusCode, Problem> {
    members::change_role(&app, &caller, UserId::from_uuid(user), change.role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove somebody: they lose every vault and team here at once.
#[utoipa::path(delete, path = "/members/{userId}", operation_id = "removeMember", tag = "people",
    params(("userId" = Uuid, Path)), responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    members::remove(&app, &caller, UserId::from_uuid(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirm somebody who has accepted an invitation. They take a seat from now on.
#[utoipa::path(post, path = "/members/{userId}/confirm", operation_id = "confirmMember", tag = "people",
    params(("userId" = Uuid, Path)), responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn confirm(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    members::confirm(&app, &caller, UserId::from_uuid(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deactivate somebody: they are signed out here at once. What they have stays for their return.
#[utoipa::path(post, path = "/members/{userId}/deactivate", operation_id = "deactivateMember", tag = "people",
    params(("userId" = Uuid, Path)), responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn deactivate(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    members::deactivate(&app, &caller, UserId::from_uuid(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let somebody in again who was deactivated. They need a seat.
#[utoipa::path(post, path = "/members/{userId}/reactivate", operation_id = "reactivateMember", tag = "people",
    params(("userId" = Uuid, Path)), responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn reactivate(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    members::reactivate(&app, &caller, UserId::from_uuid(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}
