//! `/vaults/{vaultId}/access`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::grants;
use super::super::model::{AccessEntry, Grantee, Shared, VaultAccessGiven};
use crate::context::App;
use crate::edge::{Body, Caller, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, TeamId, UserId, VaultId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put_user, drop_user))
        .routes(routes!(put_team, drop_team))
}

/// Who has been given a role in a vault, until when. For admins and owners of the vault.
#[utoipa::path(get, path = "/vaults/{vaultId}/access", operation_id = "listVaultAccess", tag = "vaults",
    params(("vaultId" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<AccessEntry>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    query: ListQuery,
) -> Result<Json<Page<AccessEntry>>, Problem> {
    let shared = Shared::Vault(VaultId::from_uuid(vault));
    Ok(Json(grants::list(&app, caller, shared, query).await?))
}

/// Give a member a role in a vault, or another one, or another end. For admins and owners of the vault; nobody
/// gives more than they have, or for longer.
#[utoipa::path(put, path = "/vaults/{vaultId}/access/users/{userId}", operation_id = "putVaultUserAccess", tag = "vaults",
    params(("vaultId" = Uuid, Path), ("userId" = Uuid, Path)), request_body = VaultAccessGiven, responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn put_user(
    State(app): State<App>,
    caller: Caller,
    Id((vault, user)): Id<(Uuid, Uuid)>,
    Body(given): Body<VaultAccessGiven>,
) -> Result<StatusCode, Problem> {
    let shared = Shared::Vault(VaultId::from_uuid(vault));
    let grantee = Grantee::User(UserId::from_uuid(user));
    grants::put(&app, caller, (shared, grantee), given.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a member's role in a vault away. For admins and owners of the vault, and for themselves.
#[utoipa::path(delete, path = "/vaults/{vaultId}/access/users/{userId}", operation_id = "dropVaultUserAccess", tag = "vaults",
    params(("vaultId" = Uuid, Path), ("userId" = Uuid, Path)), responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn drop_user(
    State(app): State<App>,
    caller: Caller,
    Id((vault, user)): Id<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let shared = Shared::Vault(VaultId::from_uuid(vault));
    let grantee = Grantee::User(UserId::from_uuid(user));
    grants::drop(&app, caller, (shared, grantee)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a team a role in a vault, or another one, or another end. Everybody in the team has the lower of this role and their own in the team. For admins and owners of the vault; nobody
/// gives more than they have, or for longer.
#[utoipa::path(put, path = "/vaults/{vaultId}/access/teams/{teamId}", operation_id = "putVaultTeamAccess", tag = "vaults",
    params(("vaultId" = Uuid, Path), ("teamId" = Uuid, Path)), request_body = VaultAccessGiven, responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn put_team(
    State(app): State<App>,
    caller: Caller,
    Id((vault, team)): Id<(Uuid, Uuid)>,
    Body(given): Body<VaultAccessGiven>,
) -> Result<StatusCode, Problem> {
    let shared = Shared::Vault(VaultId::from_uuid(vault));
    let grantee = Grantee::Team(TeamId::from_uuid(team));
    grants::put(&app, caller, (shared, grantee), given.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a team's role in a vault away. For admins and owners of the vault.
#[utoipa::path(delete, path = "/vaults/{vaultId}/access/teams/{teamId}", operation_id = "dropVaultTeamAccess", tag = "vaults",
    params(("vaultId" = Uuid, Path), ("teamId" = Uuid, Path)), responses(
    (status = 204),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn drop_team(
    State(app): State<App>,
    caller: Caller,
    Id((vault, team)): Id<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let shared = Shared::Vault(VaultId::from_uuid(vault));
    let grantee = Grantee::Team(TeamId::from_uuid(team));
    grants::drop(&app, caller, (shared, grantee)).await?;
    Ok(StatusCode::NO_CONTENT)
}
