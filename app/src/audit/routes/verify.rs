//! `POST /audit/verify`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit::checkpoint::Checkpoint;
use crate::audit::model::{Action, Event, Resource};
use crate::audit::verify::verify_against;
use crate::audit::write::WriteTx;
use crate::context::App;
use crate::edge::{Body, Caller, Problem, ProblemBody};
use crate::kernel::FieldProblem;

/// So many files are held against a trail at once.
const MOST: usize = 20;

/// With what the trail is compared.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AuditVerifyRequest)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyRequest {
    /// Checkpoints of this trail that somebody kept: the files as they are. May be empty.
    #[schema(value_type = Vec<Object>)]
    checkpoints: Vec<Value>,
}

/// What came of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditVerdict)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
    /// Whether every entry is the one that was written, and none is missing.
    intact: bool,
    /// How many entries were read; null where the trail is broken.
    entries: Option<i64>,
    /// The first place that is broken, in words.
    #[schema(example = "entry 17 was changed or added")]
    broken: Option<String>,
}

/// Read the whole trail again: is every entry the one that was written, in its place, and is none
/// missing? The trail keeps that it was done, and what came of it.
#[utoipa::path(post, path = "/audit/verify", operation_id = "verifyAuditTrail", tag = "audit", request_body = VerifyRequest, responses(
    (status = 200, body = Verdict),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<VerifyRequest>,
) -> Result<(StatusCode, Json<Verdict>), Problem> {
    let kept = kept(&request, &caller)?;
    let found = verify_against(&app.db, &app.keys, caller.org, &kept).await?;
    let resource = Resource {
        kind: "organization",
        id: caller.org.as_uuid(),
    };
    let broken = found.err().map(|broken| broken.to_string());
    let detail = json!({"entries": found.ok(), "broken": broken, "checkpoints": kept.len()});
    let event = Event::by(app.clock.now(), &caller, Action::AuditVerified, resource).with(detail);
    let event = if found.is_ok() {
        event
    } else {
        event.failed("the trail is broken")
    };
    let tx = WriteTx::begin(&app.db, caller.org).await?;
    tx.commit(&app.keys, &event).await?;
    let verdict = Verdict {
        intact: found.is_ok(),
        entries: found.ok(),
        broken,
    };
    Ok((StatusCode::OK, Json(verdict)))
}

fn kept(request: &VerifyRequest, caller: &Caller) -> Result<Vec<Checkpoint>, Problem> {
    let wrong = |message: &str| Problem::invalid(vec![FieldProblem::new("checkpoints", message)]);
    if request.checkpoints.len() > MOST {
        return Err(wrong("must be 20 at most"));
    }
    let mut kept = Vec::new();
    for file in &request.checkpoints {
        let read = Checkpoint::from_file(file.to_string().as_bytes());
        let read = read.map_err(|error| wrong(&error.to_string()))?;
        if read.organization() != caller.org {
            return Err(wrong("must be of this organisation"));
        }
        kept.push(read);
    }
    Ok(kept)
}
