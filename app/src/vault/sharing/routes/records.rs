//! `/vaults/{vaultId}/secrets/{secretId}/access`, and who can see it.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::grants;
use super::super::model::{AccessEntry, Grantee, Reader, RecordAccessGiven, Shared};
use super::super::readers;
use crate::context::App;
use crate::edge::{Body, Caller, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, SecretId, TeamId, UserId, VaultId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put_user, drop_user))
        .routes(routes!(put_team, drop_team))
        .routes(routes!(list_readers))
}

fn record(vault: Uuid, secret: Uuid) -> Shared {
    Shared::Record(VaultId::from_uuid(vault), SecretId::from_uuid(secret))
}

/// Who has been given a role in one secret alone, until when. For admins and owners of the vault.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}/access", operation_id = "listSecretAccess", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<AccessEntry>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret)): Id<(Uuid, Uuid)>,
    query: ListQuery,
) -> Result<Json<Page<AccessEntry>>, Problem> {
    let shared = record(vault, secret);
    Ok(Json(grants::list(&app, caller, shared, query).await?))
}

/// Give a member a role in one secret alone, or another one, or another end. There are two: VIEWER and EDITOR. For admins and owners of the vault; nobody
/// gives more than they have, or for longer.
#[utoipa::path(put, path = "/vaults/{vaultId}/secrets/{secretId}/access/users/{userId}", operation_id = "putSecretUserAccess", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("userId" = Uuid, Path)), request_body = RecordAccessGiven, responses(
    (status = 204),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn put_user(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret, user)): Id<(Uuid, Uuid, Uuid)>,
    Body(given): Body<RecordAccessGiven>,
) -> Result<StatusCode, Problem> {
    let shared = record(vault, secret);
    let grantee = Grantee::User(UserId::from_uuid(user));
    grants::put(&app, caller, (shared, grantee), given.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a member's role in one secret alone away. For admins and owners of the vault, and for themselves.
#[utoipa::path(delete, path = "/vaults/{vaultId}/secrets/{secretId}/access/users/{userId}", operation_id = "dropSecretUserAccess", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("userId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn drop_user(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret, user)): Id<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let shared = record(vault, secret);
    let grantee = Grantee::User(UserId::from_uuid(user));
    grants::drop(&app, caller, (shared, grantee)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a team a role in one secret alone, or another one, or another end. Everybody in the team has the lower of this role and their own in the team. There are two: VIEWER and EDITOR. For admins and owners of the vault; nobody
/// gives more than they have, or for longer.
#[utoipa::path(put, path = "/vaults/{vaultId}/secrets/{secretId}/access/teams/{teamId}", operation_id = "putSecretTeamAccess", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("teamId" = Uuid, Path)), request_body = RecordAccessGiven, responses(
    (status = 204),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn put_team(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret, team)): Id<(Uuid, Uuid, Uuid)>,
    Body(given): Body<RecordAccessGiven>,
) -> Result<StatusCode, Problem> {
    let shared = record(vault, secret);
    let grantee = Grantee::Team(TeamId::from_uuid(team));
    grants::put(&app, caller, (shared, grantee), given.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a team's role in one secret alone away. For admins and owners of the vault.
#[utoipa::path(delete, path = "/vaults/{vaultId}/secrets/{secretId}/access/teams/{teamId}", operation_id = "dropSecretTeamAccess", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("teamId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn drop_team(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret, team)): Id<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let shared = record(vault, secret);
    let grantee = Grantee::Team(TeamId::from_uuid(team));
    grants::drop(&app, caller, (shared, grantee)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everybody who can see one secret, and why. For admins and owners of the vault.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}/readers", operation_id = "listReaders", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<Reader>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list_readers(
    State(app): State<App>,
    caller: Caller,
    Id((vault, secret)): Id<(Uuid, Uuid)>,
    query: ListQuery,
) -> Result<Json<Page<Reader>>, Problem> {
    let which = (VaultId::from_uuid(vault), SecretId::from_uuid(secret));
    Ok(Json(readers::list(&app, caller, which, query).await?))
}
