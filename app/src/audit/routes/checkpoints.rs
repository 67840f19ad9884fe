//! `/audit-checkpoints`.

use axum::Json;
use axum::extract::State;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::query::PageQuery;
use crate::audit::checkpoint::{self, Checkpoint, Made, MakeError, Maker, SignerError, Stored};
use crate::audit::verify;
use crate::context::App;
use crate::edge::{Caller, Id, Problem, ProblemBody, error_chain};
use crate::infra::db::TenantTx;

/// A checkpoint of the trail.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditCheckpoint)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckpointView {
    /// The checkpoint.
    id: Uuid,
    /// Its number among those of the trail.
    number: i64,
    /// The first entry that it covers and the one before does not.
    first: i64,
    /// The last entry that it covers.
    last: i64,
    /// When it was made, RFC 3339.
    at: String,
    /// The hash of the chain at the last entry.
    hash: String,
    /// The counter of the licence that was in force; null without one.
    license_counter: Option<u64>,
}

impl CheckpointView {
    fn of(id: Uuid, checkpoint: &Checkpoint) -> Self {
        let statement = checkpoint.statement();
        Self {
            id,
            number: statement.number,
            first: statement.first,
            last: statement.last,
            at: statement.at.clone(),
            hash: statement.hash.clone(),
            license_counter: statement.license_counter,
        }
    }
}

/// Checkpoints, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditCheckpoints)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoints {
    items: Vec<CheckpointView>,
    /// Where the next page begins; null on the last.
    next_cursor: Option<String>,
    /// The key that signs, Ed25519, in hexadecimal: note it, and compare it with that of the files that
    /// you are handed. Null before the first checkpoint.
    public_key: Option<String>,
}

/// The checkpoints of the trail, the newest first.
#[utoipa::path(get, path = "/audit-checkpoints", operation_id = "listAuditCheckpoints", tag = "audit", params(PageQuery), responses(
    (status = 200, body = Checkpoints),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: PageQuery,
) -> Result<Json<Checkpoints>, Problem> {
    let (before, most) = query.parse()?;
    let key = checkpoint::public(&app.db, &app.keys)
        .await
        .map_err(|error| shut(&error))?;
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let fetched = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = checkpoint::page(&mut tx, before, fetched).await?;
    tx.finish();
    let full = rows.len() > most;
    rows.truncate(most);
    let next = rows
        .last()
        .filter(|_| full)
        .map(|last| last.number.to_string());
    let opened = rows.iter().filter_map(|stored| {
        let opened = verify::opened(stored, caller.org, key.as_ref()?).ok()?;
        Some(CheckpointView::of(stored.id, &opened))
    });
    Ok(Json(Checkpoints {
        items: opened.collect(),
        next_cursor: next,
        public_key: key.as_ref().map(|key| hex::encode(key.as_bytes())),
    }))
}

/// Make a checkpoint now. The server makes one for every hour in which something was written.
///
/// Where nothing was written since the last one, that is the answer.
#[utoipa::path(post, path = "/audit-checkpoints", operation_id = "makeAuditCheckpoint", tag = "audit", responses(
    (status = 200, body = CheckpointView, description = "The last one covers everything."),
    (status = 201, body = CheckpointView, description = "It was made."),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn make(
    State(app): State<App>,
    caller: Caller,
) -> Result<(StatusCode, Json<CheckpointView>), Problem> {
    let with = Maker {
        db: &app.db,
        keys: &app.keys,
        now: app.clock.now(),
    };
    let made = checkpoint::make(with, caller.org, Some(&caller)).await;
    match made.map_err(unmade)? {
        Made::New(id, one) => Ok((StatusCode::CREATED, Json(CheckpointView::of(id, &one)))),
        Made::Already(id, one) => Ok((StatusCode::OK, Json(CheckpointView::of(id, &one)))),
        Made::Nothing => Err(Problem::unavailable()),
    }
}

/// One checkpoint as a file to keep: `vaultterm-app audit verify --checkpoint FILE` holds it against
/// the trail, in years to come and without this server.
#[utoipa::path(get, path = "/audit-checkpoints/{checkpointId}", operation_id = "getAuditCheckpoint", tag = "audit", params(("checkpointId" = Uuid, Path)), responses(
    (status = 200, body = Object, description = "The file; see the guide *Audit trail*."),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn file(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Value>), Problem> {
    let key = checkpoint::public(&app.db, &app.keys)
        .await
        .map_err(|error| shut(&error))?;
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let found: Option<Stored> = checkpoint::by_id(&mut tx, id).await?;
    tx.finish();
    let (stored, key) = found.zip(key).ok_or_else(Problem::not_found)?;
    let opened = verify::opened(&stored, caller.org, &key).map_err(|_| Problem::not_found())?;
    let name = format!(
        "attachment; filename=\"vaultterm-checkpoint-{}-{}.json\"",
        opened.organization(),
        opened.number()
    );
    let name = HeaderValue::from_str(&name).map_err(|_| Problem::internal())?;
    Ok(([(CONTENT_DISPOSITION, name)], Json(opened.to_file())))
}

fn shut(error: &SignerError) -> Problem {
    tracing::error!(error = error_chain(error), "the key that signs checkpoints");
    Problem::internal()
}

/// What is wrong with the trail is for whoever manages it to know.
fn unmade(error: MakeError) -> Problem {
    match error {
        MakeError::Database(error) => error.into(),
        MakeError::Signer(error) => shut(&error),
        MakeError::Broken(broken) => {
            let detail = format!(
                "The trail is not the one that was written, and nothing of it is signed: {broken}. \
                 Tell the operator of this server."
            );
            let title = "The audit trail is broken";
            Problem::new(StatusCode::CONFLICT, "trail-broken", title, &detail)
        }
    }
}
