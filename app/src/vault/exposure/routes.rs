//! `/members/{userId}/exposure`.

use axum::Json;
use axum::body::Body as Stream;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::ExposedSecret;
use super::service;
use crate::context::App;
use crate::edge::{Caller, Id, ListQuery, Problem, ProblemBody};
use crate::kernel::{Page, PageQuery, UserId};

pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which secrets somebody has seen, and which they have only used, as far back as the trail goes: what
/// to change when they go. With `Accept: text/csv` all of it comes as a table. Whoever has gone is asked
/// about in the same way.
#[utoipa::path(get, path = "/members/{userId}/exposure", operation_id = "listMemberExposure", tag = "organization",
    params(("userId" = Uuid, Path), PageQuery), responses(
    (status = 200, content((Page<ExposedSecret> = "application/json"), (String = "text/csv"))),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id<Uuid>,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let user = UserId::from_uuid(user);
    if !wants_a_table(&headers) {
        let page: Page<ExposedSecret> = service::list(&app, caller, user, query).await?;
        return Ok(Json(page).into_response());
    }
    let table = service::table(app, caller, user).await?;
    let described = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"exposure.csv\""),
        ),
    ];
    Ok((described, Stream::from_stream(table)).into_response())
}

fn wants_a_table(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accepted.is_some_and(|accept| accept.trim_start().starts_with("text/csv"))
}
