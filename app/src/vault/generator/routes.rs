//! `/generate`.

use axum::Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Generated, Recipe};
use crate::context::App;
use crate::edge::{Body, Problem, ProblemBody};

/// The routes of the generator.
pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(generate))
}

/// Make a password, a passphrase, something that can be spoken, or a key for SSH. Nothing is stored,
/// and the trail has no entry for it.
#[utoipa::path(post, path = "/generate", operation_id = "generate", tag = "secrets",
    request_body(content = Recipe, examples(
        ("password" = (value = json!({"kind": "password", "length": 24, "symbols": false}))),
        ("passphrase" = (value = json!({"kind": "passphrase", "words": 6, "separator": "-"}))),
        ("pronounceable" = (value = json!({"kind": "pronounceable", "syllables": 8}))),
        ("ssh-key" = (value = json!({"kind": "ssh-key", "algorithm": "ed25519"}))),
    )), responses(
    (status = 200, body = Generated),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn generate(Body(recipe): Body<Recipe>) -> Result<Json<Generated>, Problem> {
    Ok(Json(service::generate(recipe).await?))
}
