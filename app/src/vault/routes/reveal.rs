//! What is concealed, and what was: `…/secrets/{secretId}/reveal` and `/versions`.

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use http::request::Parts;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::model::Which;
use super::super::record::{FieldName, Purpose, Revealed, Secret, SecretVersion};
use super::super::secrets::reveal::{self, Asked};
use super::super::secrets::versions;
use super::{Tagged, which};
use crate::context::App;
use crate::edge::{Body, Caller, Id, IfMatch, Ordinal, Problem, ProblemBody};
use crate::kernel::{FieldProblem, Limit, Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(list))
        .routes(routes!(show_version))
        .routes(routes!(restore))
}

/// Which field is to be shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({"field": "password", "purpose": "copy"}))]
#[serde(deny_unknown_fields)]
struct RevealField {
    /// The name of a concealed field, or `custom:<id>`.
    field: String,
    /// What for; the trail tells the two apart.
    #[serde(default = "showing")]
    purpose: Purpose,
}

const fn showing() -> Purpose {
    Purpose::Show
}

impl RevealField {
    fn asked(&self) -> Asked {
        Asked {
            field: FieldName::parse(&self.field),
            purpose: self.purpose,
        }
    }
}

/// Show what a concealed field holds. The trail records it first.
///
/// A secret of high sensitivity demands a fresh proof, and so a session. One that may only be used shows
/// nothing: 403 `inject-only`.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/reveal", operation_id = "revealField", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path)), request_body = RevealField, responses(
    (status = 200, body = Revealed),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
    Body(body): Body<RevealField>,
) -> Result<Json<Revealed>, Problem> {
    Ok(Json(
        reveal::field(&app, caller, which(ids), &body.asked()).await?,
    ))
}

/// Which versions of a secret.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct VersionsQuery {
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when left out.
    limit: Option<i64>,
}

/// The same, checked.
struct Below(Option<i32>, Limit);

impl<S: Send + Sync> FromRequestParts<S> for Below {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<VersionsQuery>::from_request_parts(parts, state).await;
        let Query(query) =
            query.map_err(|_| Problem::bad_request("The query is not what a list understands."))?;
        let cursor = query.cursor.filter(|cursor| !cursor.is_empty());
        let below = cursor.map(|cursor| {
            let wrong = |_| FieldProblem::new("cursor", "must be the nextCursor of a page");
            cursor.parse().map_err(wrong)
        });
        let page = PageQuery {
            cursor: None,
            limit: query.limit,
        };
        Ok(Self(below.transpose()?, page.parse()?.1))
    }
}

/// What a secret was before and is now, the newest first, without what is concealed in it.
#[utoipa::path(get, path = "/vaults/{vaultId}/secrets/{secretId}/versions", operation_id = "listVersions", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), VersionsQuery), responses(
    (status = 200, body = Page<SecretVersion>),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid)>,
    Below(below, limit): Below,
) -> Result<Json<Page<SecretVersion>>, Problem> {
    Ok(Json(
        versions::list(&app, caller, which(ids), below, limit).await?,
    ))
}

fn version((vault, secret, Ordinal(version)): (Uuid, Uuid, Ordinal)) -> (Which, i32) {
    (which((vault, secret)), version)
}

/// Show what a concealed field held in a version. The trail records it first.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/versions/{version}/reveal", operation_id = "revealVersionField", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("version" = i32, Path)),
    request_body = RevealField, responses(
    (status = 200, body = Revealed),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show_version(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid, Ordinal)>,
    Body(body): Body<RevealField>,
) -> Result<Json<Revealed>, Problem> {
    let (which, number) = version(ids);
    Ok(Json(
        versions::reveal(&app, caller, which, number, &body.asked()).await?,
    ))
}

/// Make a version what the secret is, as a new version. For editors and above.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/{secretId}/versions/{version}/restore", operation_id = "restoreVersion", tag = "secrets",
    params(("vaultId" = Uuid, Path), ("secretId" = Uuid, Path), ("version" = i32, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was seen", example = "\"1\"")),
    responses(
    (status = 200, body = Secret, headers(("ETag" = String))),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 412, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn restore(
    State(app): State<App>,
    caller: Caller,
    Id(ids): Id<(Uuid, Uuid, Ordinal)>,
    seen: IfMatch,
) -> Result<Tagged<Secret>, Problem> {
    let (which, number) = version(ids);
    let secret = versions::restore(&app, caller, which, number, &seen).await?;
    Ok(Tagged(secret.version, secret))
}
