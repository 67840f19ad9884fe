//! Trails, read again at an operator's word.
//!
//! Whether a trail is whole is about the platform, and of what it says nothing is shown here.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::audit::{self, Review};
use crate::context::App;
use crate::edge::{Id, Problem, ProblemBody, error_chain};
use crate::infra::db::PlatformTx;
use crate::kernel::OrgId;
use crate::operators::Operator;
use crate::platform::{self, Action, Event};
use crate::tenants;

/// The routes of trails.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(verify_organization, verification))
        .routes(routes!(verify_platform))
        .routes(routes!(key))
}

/// What came of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdminTrailVerdict)]
struct Verdict {
    /// Whether every entry is the one that was written, and none is missing.
    intact: bool,
    /// How many entries were read; null where the trail is broken.
    entries: Option<i64>,
    /// The first place that is broken, in words.
    broken: Option<String>,
}

impl Verdict {
    fn of(found: Result<i64, audit::Broken>) -> Self {
        Self {
            intact: found.is_ok(),
            entries: found.ok(),
            broken: found.err().map(|broken| broken.to_string()),
        }
    }
}

/// The installation's public key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdminAuditKey)]
#[serde(rename_all = "camelCase")]
struct AuditKey {
    /// Ed25519, in hexadecimal; null before the first checkpoint.
    public_key: Option<String>,
}

/// Read the whole trail of an organisation again. Where it takes longer than a few seconds the answer is
/// 202, and the reading goes on: ask by GET how far it is.
#[utoipa::path(post, path = "/organizations/{organizationId}/verify-trail", operation_id = "verifyOrganizationTrail", tag = "admin", params(("organizationId" = OrgId, Path)), responses(
    (status = 200, body = Review),
    (status = 202, body = Review, description = "It goes on."),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn verify_organization(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<Uuid>,
) -> Result<(StatusCode, Json<Review>), Problem> {
    let org = OrgId::from_uuid(id);
    if !tenants::exists(&app, org).await? {
        return Err(Problem::not_found());
    }
    let noted = move |app: App, found| async move {
        record(&app, &operator, Some(org), &Verdict::of(found)).await
    };
    let review = audit::review(&app, org, Vec::new(), noted).await?;
    Ok((review.status(), Json(review)))
}

/// How far the trail of an organisation was read again, or what came of it within the last hour.
#[utoipa::path(get, path = "/organizations/{organizationId}/verify-trail", operation_id = "getOrganizationTrailVerification", tag = "admin", params(("organizationId" = OrgId, Path)), responses(
    (status = 200, body = Review),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn verification(State(app): State<App>, Id(id): Id<Uuid>) -> Result<Json<Review>, Problem> {
    let found = audit::review_of(&app, OrgId::from_uuid(id)).await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?))
}

/// Read the platform's own trail again.
#[utoipa::path(post, path = "/verify-trail", operation_id = "verifyPlatformTrail", tag = "admin", responses(
    (status = 200, body = Verdict),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn verify_platform(
    State(app): State<App>,
    operator: Operator,
) -> Result<Json<Verdict>, Problem> {
    let verdict = Verdict::of(platform::verify(&app.db, &app.keys).await?);
    record(&app, &operator, None, &verdict).await?;
    Ok(Json(verdict))
}

/// The key that checkpoints of all organisations are signed with.
#[utoipa::path(get, path = "/audit-key", operation_id = "getAuditKey", tag = "admin", responses(
    (status = 200, body = AuditKey),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn key(State(app): State<App>) -> Result<Json<AuditKey>, Problem> {
    let key = audit::public(&app.db, &app.keys).await.map_err(|error| {
        tracing::error!(
            error = error_chain(&error),
            "the key that signs checkpoints"
        );
        Problem::internal()
    })?;
    Ok(Json(AuditKey {
        public_key: key.map(|key| hex::encode(key.as_bytes())),
    }))
}

async fn record(
    app: &App,
    operator: &Operator,
    org: Option<OrgId>,
    verdict: &Verdict,
) -> Result<(), Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let detail = json!({
        "organization": org, "intact": verdict.intact, "entries": verdict.entries,
        "broken": verdict.broken, "by": operator.as_words(),
    });
    let event = Event {
        at: app.clock.now(),
        action: Action::TrailVerified,
        detail,
    };
    platform::record_first(&mut tx, &app.keys, &event).await?;
    Ok(tx.commit_housekeeping().await?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use crate::testing::Server;

    #[tokio::test]
    async fn an_operator_has_trails_read_again_and_that_is_recorded() {
        let server = Server::start().await;
        let ada = server.owner().await;
        let admin = server.admin("grace@example.com").await;
        let path = format!("/admin/api/organizations/{}/verify-trail", ada.org);
        let intact = admin.post(&path, json!({})).await.expect(200).json();
        let verdict = json!({
            "state": "ended", "read": 1, "of": 1, "intact": true, "entries": 1, "broken": null,
        });
        assert_eq!(intact, verdict);
        assert_eq!(admin.get(&path).await.expect(200).json(), verdict);
        let own = admin
            .post("/admin/api/verify-trail", json!({}))
            .await
            .expect(200)
            .json();
        assert_eq!(own["intact"], true);
        let key = server
            .operator()
            .get("/admin/api/audit-key")
            .await
            .expect(200)
            .json();
        assert_eq!(key["publicKey"], Value::Null);
        ada.post("/audit-checkpoints", json!({})).await.expect(201);
        let key = server
            .operator()
            .get("/admin/api/audit-key")
            .await
            .expect(200)
            .json();
        let list = ada.get("/audit-checkpoints").await.expect(200).json();
        assert_eq!(key["publicKey"], list["publicKey"]);
        let mut behind = server.database.behind().await;
        let bend =
            "SET session_replication_role = replica; UPDATE audit_events SET actor_id = NULL";
        sqlx::raw_sql(bend).execute(&mut behind).await.unwrap();
        let broken = admin.post(&path, json!({})).await.expect(200).json();
        assert_eq!(broken["broken"], "entry 1 was changed or added");
        assert_eq!(server.platform_trail().await[0], "trail.verified");
        let nothing = format!("/admin/api/organizations/{}/verify-trail", Uuid::now_v7());
        admin.post(&nothing, json!({})).await.expect(404);
        // A machine has no name that could stand in the trail.
        server.operator().post(&path, json!({})).await.expect(403);
    }
}
