//! `/vaults/{vaultId}/secrets`.

use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Query, State};
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::record::{NewRecord, RecordChange, Secret};
use super::super::secrets::{self as service, Wanted, favourite, trash, write};
use super::super::store::secrets::Filter;
use super::super::types::SecretType;
use super::{Tagged, which};
use crate::context::App;
use crate::edge::{Body, Caller, Id, IdempotencyKey, IfMatch, ListQuery, Problem, ProblemBody};
use crate::kernel::{FieldProblem, Page, PageQuery, VaultId};

/// The largest record as JSON, in bytes: the longest note, in the longest characters.
const LARGEST: usize = 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
        .layer(DefaultBodyLimit::max(LARGEST))
        .routes(routes!(prefer, forget))
}

/// Which secrets of a vault.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct SecretsQuery {
    /// Those of one type.
    #[param(value_type = Option<SecretType>)]
    r#type: Option<String>,
    /// Those with one tag. Where few have it, a page may end before it is full and have a `nextCursor`
    /// all the same.
    tag: Option<String>,
    /// Those that the caller keeps at hand, or the others.
    favourite: Option<bool>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when left out.
    limit: Option<i64>,
}

/// The same, checked.
struct Asked(Wanted, ListQuery);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<SecretsQuery>::from_request_parts(parts, state).await;
        let Query(query) =
            query.map_err(|_| Problem::bad_request("The query is not what a list understands."))?;
        let kind = query.r#type.as_deref().filter(|word| !word.is_empty());
        let kind = kind.map(|word| {
            let unknown = || FieldProblem::new("type", "must be one of the types of secrets");
            SecretType::from_word(word).ok_or_else(unknown)
        });
        let page = PageQuery {
            cursor: query.cursor,
            limit: query.limit,
        };
        let (cursor, limit) = page.parse()?;
        let filter = Filter {
            kind: kind.transpose()?,
            favourite: query.favourite,
            trashed: false,
        };
        let tag = query.tag.filter(|tag| !tag.is_empty());
        Ok(Self(Wanted { filter, tag }, ListQuery { cursor, limit }))
    }
}

/// The secrets of a vault, newest first, without what is concealed in them.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets", operation_id = "listSecrets", tag = "secrets",
    params(("vaultId" = Uuid, Path), SecretsQuery), responses(
    (status = 200, body = Page<Secret>),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    Asked(wanted, query): Asked,
) -> Result<Json<Page<Secret>>, Problem> {
    let vault = VaultId::from_uuid(vault);
    let page = service::list(&app, caller, vault, &wanted, query).await?;
    Ok(Json(page))
}

/// Store a secret. For editors and above.
///
/// With an `Idempotency-Key` the same request may be sent again for a day: it makes nothing then, and is
/// answered with the secret as it is, in the trash, too; 409 `made-before` when it is not in the vault any
/// more.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets", operation_id = "createSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 characters, another one for each secret")),
    request_body = NewRecord, responses(
    (status = 201, body = Secret, headers(("ETag" = String))),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    key: IdempotencyKey,
    Body(new): Body<NewRecord>,
) -> Result<(StatusCode, Tagged<Secret>), Problem> {
    let secret = write::create(&app, caller, VaultId::from_uuid(vault), new, &key).await?;
    Ok((StatusCode::CREATED, Tagged(secret.version, secret)))
}

/// One secret, without what is concealed in it.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}", operation_id = "getSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 200, body = Secret, headers(("ETag" = String))),
))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<Tagged<Secret>, Problem> {
    let secret = service::read(&app, caller, which(ids)).await?;
    Ok(Tagged(secret.version, secret))
}

/// Change a secret. For editors and above. What it was before is kept as a version.
#[utoipa::path(patch, path = "/vaults/{vaultId}/secrets/{secretId}", operation_id = "updateSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path),
        ("If-Match" = String, Header, description = "The ETag of what the change was made from", example = "\"1\"")),
    request_body = RecordChange, responses(
    (status = 200, body = Secret, headers(("ETag" = String))),
    (status = 412, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 428, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
    seen: IfMatch,
    Body(change): Body<RecordChange>,
) -> Result<Tagged<Secret>, Problem> {
    let secret = write::update(&app, caller, which(ids), &seen, change).await?;
    Ok(Tagged(secret.version, secret))
}

/// Put a secret into the trash. For admins and above. After thirty days there it is deleted for good.
#[utoipa::path(delete, path = "/vaults/{vaultId}/secrets/{secretId}", operation_id = "trashSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was seen", example = "\"1\"")),
    responses(
    (status = 204),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 412, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    trash::put(&app, caller, which(ids), &seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keep a secret at hand.
#[utoipa::path(put, path = "/vaults/{vaultId}/secrets/{secretId}/favourite", operation_id = "favourSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn prefer(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    favourite::set(&app, caller, which(ids), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// No longer keep a secret at hand.
#[utoipa::path(delete, path = "/vaults/{vaultId}/secrets/{secretId}/favourite", operation_id = "unfavourSecret", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), responses(
    (status = 204),
))]
async fn forget(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    favourite::set(&app, caller, which(ids), false).await?;
    Ok(StatusCode::NO_CONTENT)
}
