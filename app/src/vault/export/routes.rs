//! `/vaults/{vaultId}/export`.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::left_out::{LeftOut, Reason};
use super::service;
use crate::context::App;
use crate::edge::{Body, Caller, Id, Problem, ProblemBody};
use crate::kernel::{Redacted, VaultId};

/// The ids of records that are not in the file.
const LEFT_OUT: HeaderName = HeaderName::from_static("vaultterm-left-out");
/// The ids of those of them that do not open.
const UNREADABLE: HeaderName = HeaderName::from_static("vaultterm-unreadable");
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
/// It holds what the vault held at one instant. Secrets that may only be used are not in it, nor are those
/// that do not open: their ids are in the header `VaultTerm-Left-Out`, and of the latter in
/// `VaultTerm-Unreadable`, the first hundred of them. The file names all of them at its end, with those that
/// were thrown away, moved or deleted while it was written: `leftOut`, each with its `id` and a `reason`
/// (`inject-only`, `unreadable`, `gone`).
#[utoipa::path(post, path = "/vaults/{vaultId}/export", operation_id = "exportVault", tag = "vaults",
    params(("vaultId" = Uuid, Path)), request_body = VaultExport, responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream", headers(("VaultTerm-Left-Out" = String), ("VaultTerm-Unreadable" = String))),
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
    let all = export.left_out.iter();
    if let Some(ids) = named(all.clone()) {
        headers.insert(LEFT_OUT, ids);
    }
    if let Some(ids) = named(all.filter(|one| one.reason == Reason::Unreadable)) {
        headers.insert(UNREADABLE, ids);
    }
    Ok(response)
}

fn named<'a>(left_out: impl Iterator<Item = &'a LeftOut>) -> Option<HeaderValue> {
    let ids: Vec<String> = left_out
        .take(NAMED)
        .map(|one| one.id.as_uuid().to_string())
        .collect();
    HeaderValue::try_from(ids.join(","))
        .ok()
        .filter(|ids| !ids.is_empty())
}
