//! `/vaults/{vaultId}/health` and `/vaults/{vaultId}/breach-check`.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::breaches::BreachReport;
use super::report::VaultHealth;
use super::service;
use crate::context::App;
use crate::edge::{Caller, Id, Problem, ProblemBody};
use crate::kernel::{FieldProblem, VaultId};

/// The routes of the health of vaults.
pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(breach_check))
}

/// What counts as old.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", default)]
struct HealthQuery {
    /// After how many days a secret is old, 1 to 3650; 365 when left out.
    old_after_days: Option<i64>,
}

/// Which secrets of a vault are weak, used twice, or old. Nothing concealed is opened for it.
#[utoipa::path(get, path = "/vaults/{vaultId}/health", operation_id = "getVaultHealth", tag = "vaults",
    params(("vaultId" = Uuid, Path), HealthQuery), responses(
    (status = 200, body = VaultHealth),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn health(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
    query: Result<Query<HealthQuery>, QueryRejection>,
) -> Result<Json<VaultHealth>, Problem> {
    let wrong = || FieldProblem::new("oldAfterDays", "must be 1 to 3650");
    let days = match query {
        Ok(Query(query)) => query.old_after_days.unwrap_or(365),
        Err(_) => 0,
    };
    if !(1..=3650).contains(&days) {
        return Err(Problem::invalid(vec![wrong()]));
    }
    let vault = VaultId::from_uuid(vault);
    let health = service::health(&app, caller, vault, Duration::days(days)).await?;
    Ok(Json(health))
}

/// Look for the passwords of a vault in the list of breached ones that the operator has brought. The
/// passwords are opened for it, which the trail records.
#[utoipa::path(post, path = "/vaults/{vaultId}/breach-check", operation_id = "checkBreaches", tag = "vaults",
    params(("vaultId" = Uuid, Path)), responses(
    (status = 200, body = BreachReport),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn breach_check(
    State(app): State<App>,
    caller: Caller,
    Id(vault): Id<Uuid>,
) -> Result<Json<BreachReport>, Problem> {
    let vault = VaultId::from_uuid(vault);
    Ok(Json(service::breach_check(&app, caller, vault).await?))
}
