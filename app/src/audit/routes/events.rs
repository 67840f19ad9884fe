//! `GET /events` and, at the root, `GET /events/v1`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::query::{Asked, PageQuery};
use crate::audit::search::{self, FilterQuery, Order, Search};
use crate::audit::view::EventView;
use crate::context::App;
use crate::edge::{Caller, Problem, ProblemBody};

/// Entries in the order in which they have their numbers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditFeed)]
#[serde(rename_all = "camelCase")]
pub(super) struct Feed {
    /// The entries, oldest first.
    items: Vec<EventView>,
    /// Where to go on, now or when there is more; null as long as there is nothing at all.
    #[schema(example = "1042")]
    next_cursor: Option<String>,
    /// Whether there is more already.
    has_more: bool,
}

/// The Events API: the trail as a stream, oldest first, for programs that follow it.
///
/// Ask with the `nextCursor` of the answer before, for ever. Nothing is skipped and nothing comes
/// twice, however much is written meanwhile: an entry that is written later has a higher number.
/// `since` and `until` choose a range of time. `GET /events/v1` is the same.
#[utoipa::path(get, path = "/events", operation_id = "followAuditEvents", tag = "audit", params(PageQuery, FilterQuery), responses(
    (status = 200, body = Feed),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn events(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Json<Feed>, Problem> {
    let now = app.clock.now();
    let since = app.license.entitlements(now).audit_shown_since(now);
    let search = Search {
        filter: asked.filter.not_before(since),
        order: Order::Oldest,
        from: asked.from,
        most: asked.most,
    };
    let found = search::find(&app, caller.org, &search).await?;
    Ok(Json(Feed {
        items: found.items,
        next_cursor: found.seen.map(|seq| seq.to_string()),
        has_more: found.more,
    }))
}
