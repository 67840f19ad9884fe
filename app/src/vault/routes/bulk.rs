//! `/vaults/{vaultId}/secrets/bulk`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::secrets::bulk::{self as service, Deed};
use crate::context::App;
use crate::edge::{Body, Caller, Id, Problem, ProblemBody};
use crate::kernel::{FieldProblem, SecretId, VaultId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(all))
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum BulkAction {
    /// Into the trash.
    Trash,
    /// Out of it again.
    Restore,
    /// Into the vault that `to` names.
    Move,
    /// Give the tag that `tag` says.
    Tag,
    /// Take it away.
    Untag,
}

/// What is to be done with many secrets.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({"action": "tag", "ids": ["0198c1a2-7d3e-7b54-9c1f-2a6d8e4f0b13"], "tag": "private"}))]
#[serde(deny_unknown_fields)]
struct Bulk {
    /// What.
    action: BulkAction,
    /// With which, 1 to 500.
    ids: Vec<SecretId>,
    /// The vault to move them to.
    to: Option<VaultId>,
    /// The tag, at most 60 characters.
    tag: Option<String>,
}

impl Bulk {
    fn deed(&self, vault: VaultId) -> Result<Deed, FieldProblem> {
        let tag = || {
            let tag = self.tag.as_deref().map(str::trim);
            let tag = tag.filter(|tag| !tag.is_empty());
            let missing = || FieldProblem::new("tag", "must not be empty");
            tag.map(str::to_owned).ok_or_else(missing)
        };
        Ok(match self.action {
            BulkAction::Trash => Deed::Trash,
            BulkAction::Restore => Deed::Restore,
            BulkAction::Move => match self.to {
                Some(to) if to != vault => Deed::Move(to),
                _ => return Err(FieldProblem::new("to", "must be another vault")),
            },
            BulkAction::Tag => Deed::Tag(tag()?),
            BulkAction::Untag => Deed::Untag(tag()?),
        })
    }
}

/// With how many secrets it was done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BulkDone {
    /// Those that were so already are not counted.
    changed: usize,
}

/// Do the same with many secrets of a vault: with all of them, or with none.
#[utoipa::path(post, path = "/vaults/{vaultId}/secrets/bulk", operation_id = "changeSecrets", tag = "secrets",
    params(("vaultId" = Uuid, Path)), request_body = Bulk, responses(
    (status = 200, body = BulkDone),
    (status = 412, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn all(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    Body(bulk): Body<Bulk>,
) -> Result<Json<BulkDone>, Problem> {
    let vault = VaultId::from_uuid(vault);
    let deed = bulk.deed(vault);
    let changed = service::all(&app, caller, vault, (deed, &bulk.ids)).await?;
    Ok(Json(BulkDone { changed }))
}
