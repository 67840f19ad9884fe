//! `/teams`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{Team, TeamMember, TeamRoleGiven};
use super::{members, service};
use crate::context::App;
use crate::edge::{Body, Caller, Id, IdempotencyKey, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, TeamId, UserId};

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
        .routes(routes!(list_members))
        .routes(routes!(put_member, drop_member))
}

/// The teams that the caller is in, newest first; all of them for admins and owners.
#[utoipa::path(get, path = "/teams", operation_id = "listTeams", tag = "teams", params(PageQuery), responses(
    (status = 200, body = Page<Team>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<Team>>, Problem> {
    Ok(Json(service::list(&app, &caller, query).await?))
}

/// A team to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTeam {
    /// 1 to 120 characters; no two teams are called the same.
    name: String,
    /// At most 1000 characters.
    #[serde(default)]
    description: String,
}

/// Make a team. The caller becomes its owner.
///
/// With an `Idempotency-Key` the same request may be sent again for a day: it makes nothing then, and is
/// answered with the team as it is; 409 `made-before` when that is not there any more.
#[utoipa::path(post, path = "/teams", operation_id = "createTeam", tag = "teams",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 characters, another one for each team")),
    request_body = NewTeam, responses(
    (status = 201, body = Team),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    Body(new): Body<NewTeam>,
) -> Result<(StatusCode, Json<Team>), Problem> {
    let new = (new.name.as_str(), new.description.as_str());
    let team = service::create(&app, &caller, new, &key).await?;
    Ok((StatusCode::CREATED, Json(team)))
}

/// One team.
#[utoipa::path(get, path = "/teams/{teamId}", operation_id = "getTeam", tag = "teams", params(("teamId" = TeamId, Path)), responses(
    (status = 200, body = Team),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Id(team): Id<Uuid>,
) -> Result<Json<Team>, Problem> {
    let team = TeamId::from_uuid(team);
    Ok(Json(service::read(&app, &caller, team).await?))
}

/// What to change of a team; what is absent stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateTeam {
    /// 1 to 120 characters.
    name: Option<String>,
    /// At most 1000 characters.
    description: Option<String>,
}

/// Rename a team, or say what it is for. For owners of the team.
#[utoipa::path(patch, path = "/teams/{teamId}", operation_id = "updateTeam", tag = "teams", params(("teamId" = TeamId, Path)), request_body = UpdateTeam, responses(
    (status = 200, body = Team),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(team): Id<Uuid>,
    Body(change): Body<UpdateTeam>,
) -> Result<Json<Team>, Problem> {
    let team = TeamId::from_uuid(team);
    let change = (change.name.as_deref(), change.description.as_deref());
    Ok(Json(service::update(&app, &caller, team, change).await?))
}

/// Delete a team. Its members stay in the organisation. For owners of the team.
#[utoipa::path(delete, path = "/teams/{teamId}", operation_id = "deleteTeam", tag = "teams", params(("teamId" = TeamId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(team): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    service::delete(&app, &caller, TeamId::from_uuid(team)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is in a team, and what they are there.
#[utoipa::path(get, path = "/teams/{teamId}/members", operation_id = "listTeamMembers", tag = "teams", params(("teamId" = TeamId, Path), PageQuery), responses(
    (status = 200, body = Page<TeamMember>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list_members(
    State(app): State<App>,
    caller: Caller,
    Id(team): Id<Uuid>,
    query: ListQuery,
) -> Result<Json<Page<TeamMember>>, Problem> {
    let team = TeamId::from_uuid(team);
    Ok(Json(members::list(&app, &caller, team, query).await?))
}

/// Take a member of the organisation into a team, or give them another role there. For admins and
/// owners of the team; nobody gives a role above their own.
#[utoipa::path(put, path = "/teams/{teamId}/members/{userId}", operation_id = "putTeamMember", tag = "teams", params(("teamId" = TeamId, Path), ("userId" = UserId, Path)), request_body = TeamRoleGiven, responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn put_member(
    State(app): State<App>,
    caller: Caller,
    Id((team, user)): Id<(Uuid, Uuid)>,
    Body(given): Body<TeamRoleGiven>,
) -> Result<StatusCode, Problem> {
    let place = (TeamId::from_uuid(team), UserId::from_uuid(user));
    members::put(&app, &caller, place, given.role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take somebody out of a team. For admins and owners of the team, and for themselves.
#[utoipa::path(delete, path = "/teams/{teamId}/members/{userId}", operation_id = "dropTeamMember", tag = "teams", params(("teamId" = TeamId, Path), ("userId" = UserId, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn drop_member(
    State(app): State<App>,
    caller: Caller,
    Id((team, user)): Id<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let place = (TeamId::from_uuid(team), UserId::from_uuid(user));
    members::drop(&app, &caller, place).await?;
    Ok(StatusCode::NO_CONTENT)
}
