//! `/audit/verify`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::checkpoint::Checkpoint;
use crate::audit::model::{Action, Event, Resource};
use crate::audit::review::{Review, review, review_of};
use crate::audit::verify::Broken;
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

/// Read the whole trail again: is every entry the one that was written, in its place, and is none
/// missing? The trail keeps that it was done, and what came of it.
///
/// Where it takes longer than a few seconds the answer is 202, and the reading goes on: ask by GET how
/// far it is. One goes on at a time.
#[utoipa::path(post, path = "/audit/verify", operation_id = "verifyAuditTrail", tag = "audit", request_body = VerifyRequest, responses(
    (status = 200, body = Review),
    (status = 202, body = Review, description = "It goes on."),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<VerifyRequest>,
) -> Result<(StatusCode, Json<Review>), Problem> {
    let kept = kept(&request, &caller)?;
    let held = kept.len();
    let record = move |app: App, found: Result<i64, Broken>| async move {
        let event = event(&app, &caller, &found, held);
        let tx = WriteTx::begin(&app.db, caller.org).await?;
        Ok::<(), Problem>(tx.commit(&app.keys, &event).await?)
    };
    let review = review(&app, caller.org, kept, record).await?;
    Ok((review.status(), Json(review)))
}

/// How far the trail was read again, or what came of it within the last hour.
#[utoipa::path(get, path = "/audit/verify", operation_id = "getAuditVerification", tag = "audit", responses(
    (status = 200, body = Review),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "None goes on, and none came to an end for an hour."),
))]
pub(super) async fn verification(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Review>, Problem> {
    let found = review_of(&app, caller.org).await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?))
}

fn event(app: &App, caller: &Caller, found: &Result<i64, Broken>, held: usize) -> Event {
    let resource = Resource {
        kind: "organization",
        id: caller.org.as_uuid(),
    };
    let (entries, broken) = match found {
        Ok(entries) => (Some(*entries), None),
        Err(broken) => (None, Some(broken.to_string())),
    };
    let detail = json!({"entries": entries, "broken": broken, "checkpoints": held});
    let event = Event::by(app.clock.now(), caller, Action::AuditVerified, resource).with(detail);
    if found.is_ok() {
        event
    } else {
        event.failed("the trail is broken")
    }
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
