//! `/vaults/{vaultId}/export`.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::service;
use crate::context::App;
use crate::edge::{Body, Caller, Id, Problem, ProblemBody};
use crate::kernel::{Redacted, SecretId, VaultId};

/// The ids of records that are not in the file.
const LEFT_OUT: HeaderName = HeaderName::from_static("vaultterm-left-out");
/// So many are named: a header has no room for more.
const NAMED: usize = 100;

/// The routes of exports.
pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export))
}

/// How a vault is to be exported.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({"passphrase": "correct-horse-battery-staple"}))]
#[serde(deny_unknown_fields)]
struct VaultExport {
    /// What the file is encrypted with; at least 12 characters, and hard to guess.
    #[schema(value_type = String, format = Password)]
    passphrase: Redacted<String>,
}

/// Write the secrets of a vault into a file: Bitwarden's JSON, encrypted in the age format. For admins and
/// above, with a fresh proof.
///
/// Secrets that may only be used are not in it; their ids are in the header `VaultTerm-Left-Out`, the
/// first hundred of them.
#[utoipa::path(post, path = "/vaults/{vaultId}/export", operation_id = "exportVault", tag = "vaults",
    params(("vaultId" = Uuid, Path)), request_body = VaultExport, responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream", headers(("VaultTerm-Left-Out" = String))),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn export(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    Body(body): Body<VaultExport>,
) -> Result<Response, Problem> {
    let vault = VaultId::from_uuid(vault);
    let export = service::export(&app, caller, vault, body.passphrase).await?;
    let mut response = export.body.into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    let name = HeaderValue::from_static("attachment; filename=\"vault.json.age\"");
    headers.insert(CONTENT_DISPOSITION, name);
    if let Some(ids) = named(&export.left_out) {
        headers.insert(LEFT_OUT, ids);
    }
    Ok(response)
}

fn named(left_out: &[SecretId]) -> Option<HeaderValue> {
    let ids: Vec<String> = left_out
        .iter()
        .take(NAMED)
        .map(|id| id.as_uuid().to_string())
        .collect();
    HeaderValue::try_from(ids.join(","))
        .ok()
        .filter(|ids| !ids.is_empty())
}
