//! `POST /audit-events/export`.

use axum::body::Body as Stream;
use axum::extract::State;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use crate::audit::export::{self, Format};
use crate::audit::search::FilterQuery;
use crate::context::App;
use crate::edge::{Body, Caller, Problem, ProblemBody};

/// What is exported, and how.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AuditExport)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportRequest {
    format: Format,
    /// Which entries; all of them when left out.
    #[serde(default)]
    filter: FilterQuery,
}

/// Export the trail, oldest first, as a file that is written as it is read. The trail keeps that it
/// was exported.
///
/// `jsonl` has one entry on each line, as `GET /audit-events` shows it. `csv` opens in a spreadsheet;
/// cells that would be formulas there begin with an apostrophe. `ocsf` has one event of the Open
/// Cybersecurity Schema Framework on each line. `archive` is what `vaultterm-app audit verify FILE`
/// verifies without the server; it takes no filter.
#[utoipa::path(post, path = "/audit-events/export", operation_id = "exportAuditEvents", tag = "audit", request_body(content = ExportRequest, example = json!({"format": "csv", "filter": {"action": "secret.", "since": "2026-01-01T00:00:00Z"}})), responses(
    (status = 200, description = "The file.", content((String = "application/jsonl"), (String = "text/csv"))),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn export(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ExportRequest>,
) -> Result<([(HeaderName, HeaderValue); 2], Stream), Problem> {
    let filter = request.filter.parse().map_err(Problem::invalid)?;
    let stream = export::stream(&app, &caller, request.format, filter).await?;
    let (media_type, disposition) = request.format.headers();
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
    ];
    Ok((headers, Stream::from_stream(stream)))
}
