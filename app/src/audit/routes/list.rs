//! `GET /audit-events`.

use axum::Json;
use axum::extract::State;

use super::query::{Asked, PageQuery};
use crate::audit::search::{self, FilterQuery, Order, Search};
use crate::audit::view::EventView;
use crate::context::App;
use crate::edge::{Caller, Problem, ProblemBody};
use crate::kernel::Page;

/// The audit trail of the organisation, newest first, as far back as the plan shows it. For owners
/// and admins.
///
/// A search for words looks at some thousands of entries at a time: a page may hold few or none and
/// still have a `nextCursor`.
#[utoipa::path(get, path = "/audit-events", operation_id = "listAuditEvents", tag = "audit", params(PageQuery, FilterQuery), responses(
    (status = 200, body = Page<EventView>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Json<Page<EventView>>, Problem> {
    let now = app.clock.now();
    let since = app.license.entitlements(now).audit_shown_since(now);
    let search = Search {
        filter: asked.filter.not_before(since),
        order: Order::Newest,
        from: asked.from,
        most: asked.most,
    };
    let found = search::find(&app, caller.org, &search).await?;
    let next = found.seen.filter(|_| found.more);
    Ok(Json(Page {
        items: found.items,
        next_cursor: next.map(|seq| seq.to_string()),
    }))
}
