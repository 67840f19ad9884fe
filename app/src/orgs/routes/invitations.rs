//! `/invitations`, for those who invite.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::context::App;
use crate::edge::{Body, Caller, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{InvitationId, OrgRole, Page, PageQuery, TeamId};
use crate::orgs::invitation::{InvitationSent, InvitationView};
use crate::orgs::invitations::{self, Wanted};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(resend))
        .routes(routes!(withdraw))
}

/// Invitations that were not answered yet, newest first.
#[utoipa::path(get, path = "/invitations", operation_id = "listInvitations", tag = "people", params(PageQuery), responses(
    (status = 200, body = Page<InvitationView>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<InvitationView>>, Problem> {
    invitations::list(&app, &caller, query).await.map(Json)
}

/// Whom to invite, to what.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewInvitation {
    /// The address.
    email: String,
    /// What they are to be: no more than the caller is.
    role: OrgRole,
    /// The teams that they join, at most 50.
    #[serde(default)]
    team_ids: Vec<TeamId>,
}

/// Invite somebody. Without mail the answer has the link to hand over, this once.
#[utoipa::path(post, path = "/invitations", operation_id = "createInvitation", tag = "people", request_body = NewInvitation, responses(
    (status = 201, body = InvitationSent),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewInvitation>,
) -> Result<(StatusCode, Json<InvitationSent>), Problem> {
    let wanted = Wanted {
        email: new.email,
        role: new.role,
        teams: new.team_ids,
    };
    let sent = invitations::create(&app, &caller, wanted).await?;
    Ok((StatusCode::CREATED, Json(sent)))
}

/// Send an invitation again, with a new link. The earlier one works no more.
#[utoipa::path(post, path = "/invitations/{invitationId}/resend", operation_id = "resendInvitation", tag = "people",
    params(("invitationId" = Uuid, Path)), responses(
    (status = 200, body = InvitationSent),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn resend(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
) -> Result<Json<InvitationSent>, Problem> {
    invitations::resend(&app, &caller, InvitationId::from_uuid(id))
        .await
        .map(Json)
}

/// Withdraw an invitation. Its link works no more.
#[utoipa::path(delete, path = "/invitations/{invitationId}", operation_id = "withdrawInvitation", tag = "people",
    params(("invitationId" = Uuid, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    invitations::withdraw(&app, &caller, InvitationId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
