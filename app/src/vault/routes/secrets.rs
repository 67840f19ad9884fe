//! `/vaults/{vaultId}/secrets`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::model::{CustomField, Draft, SecretSummary, SecretType, SecretValue};
use super::super::secrets::{self as service, Which};
use crate::context::App;
use crate::edge::{Body, Caller, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, Redacted, SecretId, VaultId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
        .routes(routes!(reveal))
}

fn which((vault, secret): (Uuid, Uuid)) -> Which {
    Which {
        vault: VaultId::from_uuid(vault),
        secret: SecretId::from_uuid(secret),
    }
}

/// The secrets of a vault, newest first, without what makes them secret.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets", operation_id = "listSecrets", tag = "secrets",
    params(("vaultId" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<SecretSummary>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    query: ListQuery,
) -> Result<Json<Page<SecretSummary>>, Problem> {
    Ok(Json(
        service::list(&app, caller, VaultId::from_uuid(vault), query).await?,
    ))
}

/// A secret to be stored.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewSecret {
    /// What kind it is.
    r#type: SecretType,
    /// 1 to 200 characters.
    name: String,
    /// With whom to sign in.
    username: Option<String>,
    /// Where.
    url: Option<String>,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Redacted<String>,
    /// Anything more.
    #[schema(value_type = Option<String>)]
    notes: Option<Redacted<String>>,
    /// Fields of your own, at most 50.
    custom_fields: Option<Vec<CustomField>>,
}

/// Store a secret. For editors and above.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets", operation_id = "createSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path)), request_body = NewSecret, responses(
    (status = 201, body = SecretSummary),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    Body(new): Body<NewSecret>,
) -> Result<(StatusCode, Json<SecretSummary>), Problem> {
    let SecretType::Password = new.r#type;
    let draft = Draft {
        name: Some(new.name),
        username: new.username,
        url: new.url,
        password: Some(new.password),
        notes: new.notes,
        custom_fields: new.custom_fields,
    };
    let secret = service::create(&app, caller, VaultId::from_uuid(vault), draft).await?;
    Ok((StatusCode::CREATED, Json(secret)))
}

/// One secret, without what makes it secret.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}", operation_id = "getSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 200, body = SecretSummary),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<Json<SecretSummary>, Problem> {
    Ok(Json(service::read(&app, caller, which(ids)).await?))
}

/// What is to be changed of a secret.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecretChange {
    /// The version that the change was made from.
    version: i32,
    /// A new name.
    name: Option<String>,
    /// A new user name.
    username: Option<String>,
    /// A new address.
    url: Option<String>,
    /// A new password.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Redacted<String>>,
    /// New notes.
    #[schema(value_type = Option<String>)]
    notes: Option<Redacted<String>>,
    /// New fields of your own, in place of all there were.
    custom_fields: Option<Vec<CustomField>>,
}

/// Change a secret. For editors and above.
#[utoipa::path(patch, path = "/vaults/{vaultId}/secrets/{secretId}", operation_id = "updateSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), request_body = SecretChange,
    responses(
    (status = 200, body = SecretSummary),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
    Body(change): Body<SecretChange>,
) -> Result<Json<SecretSummary>, Problem> {
    let draft = Draft {
        name: change.name,
        username: change.username,
        url: change.url,
        password: change.password,
        notes: change.notes,
        custom_fields: change.custom_fields,
    };
    Ok(Json(
        service::update(&app, caller, which(ids), change.version, draft).await?,
    ))
}

/// Delete a secret and its key. For admins and above.
#[utoipa::path(delete, path = "/vaults/{vaultId}/secrets/{secretId}", operation_id = "deleteSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    service::delete(&app, caller, which(ids)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show what makes a secret secret. The trail records it first.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/reveal", operation_id = "revealSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 200, body = SecretValue),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn reveal(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<Json<SecretValue>, Problem> {
    Ok(Json(service::reveal(&app, caller, which(ids)).await?))
}
