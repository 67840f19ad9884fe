//! `/scim/v2`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::change::Change;
use super::door::{self, Provisioner};
use super::error::{Error, MEDIA_TYPE, answer};
use super::list::{ListQuery, response};
use super::project::Wanted;
use super::users::base;
use super::{groups, schema, users};
use crate::context::App;
use crate::kernel::{TeamId, UserId};

/// The routes of this slice, behind their door. Who asks has been found out before.
pub fn router() -> Router<App> {
    Router::new()
        .route("/ServiceProviderConfig", get(service_provider))
        .route("/ResourceTypes", get(resource_types))
        .route("/ResourceTypes/{id}", get(resource_type))
        .route("/Schemas", get(schemas))
        .route("/Schemas/{id}", get(one_schema))
        .route("/Users", get(list_users).post(create_user))
        .route(
            "/Users/{id}",
            get(read_user)
                .put(change_user)
                .patch(change_user)
                .delete(delete_user),
        )
        .route("/Groups", get(list_groups).post(create_group))
        .route(
            "/Groups/{id}",
            get(read_group)
                .put(change_group)
                .patch(change_group)
                .delete(delete_group),
        )
        .route("/.search", post(not_implemented))
        .route("/Users/.search", post(not_implemented))
        .route("/Groups/.search", post(not_implemented))
        .route("/Bulk", post(not_implemented))
        .route("/Me", axum::routing::any(not_implemented))
        .fallback(nothing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(door::enforce))
}

async fn nothing() -> Error {
    Error::not_found()
}

async fn wrong_method() -> Error {
    let detail = "The address exists, but not for this method.".to_owned();
    Error::Scim(StatusCode::METHOD_NOT_ALLOWED, None, detail)
}

async fn not_implemented() -> Error {
    let detail = "This part of the protocol is not implemented.".to_owned();
    Error::Scim(StatusCode::NOT_IMPLEMENTED, None, detail)
}

/// A body of the protocol: a JSON object.
struct Body(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let media_type = request.headers().get(header::CONTENT_TYPE);
        if !media_type.is_some_and(is_json) {
            let detail = format!("Send the body as {MEDIA_TYPE}.");
            return Err(Error::Scim(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                None,
                detail,
            ));
        }
        let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|rejection| {
            let detail = "The body cannot be read, or is too large.".to_owned();
            Error::Scim(rejection.status(), None, detail)
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) | Err(_) => Err(Error::syntax("The body is no JSON object.")),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Change {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let in_parts = request.method() == Method::PATCH;
        let Body(sent) = Body::from_request(request, state).await?;
        Ok(if in_parts {
            Self::Patch(sent)
        } else {
            Self::Replace(sent)
        })
    }
}

fn is_json(value: &HeaderValue) -> bool {
    let text = value.to_str().unwrap_or("");
    let essence = text.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case(MEDIA_TYPE) || essence.eq_ignore_ascii_case("application/json")
}

/// An id in the path. One that is no UUID names nothing.
struct Id(Uuid);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        state: &S,
    ) -> Result<Self, Error> {
        let found = Path::<Uuid>::from_request_parts(parts, state).await;
        found
            .map(|Path(id)| Self(id))
            .map_err(|_| Error::not_found())
    }
}

/// What a query asks for.
struct Asked {
    list: ListQuery,
    wanted: Wanted,
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Asked {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Error> {
        let unreadable = |_| Error::value("The query cannot be read.");
        let Query(list) = Query::try_from_uri(&parts.uri).map_err(unreadable)?;
        let Query(wanted) = Query::try_from_uri(&parts.uri).map_err(unreadable)?;
        Ok(Self { list, wanted })
    }
}

fn ok(body: &Value) -> Response {
    answer(StatusCode::OK, body)
}

fn created(body: &Value) -> Response {
    let location = body.pointer("/meta/location").and_then(Value::as_str);
    let location = location.and_then(|text| HeaderValue::from_str(text).ok());
    let mut response = answer(StatusCode::CREATED, body);
    if let Some(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

async fn service_provider(State(app): State<App>, _: Provisioner) -> Response {
    ok(&schema::service_provider(&base(&app)))
}

fn all(resources: &[Value]) -> Response {
    let total = i64::try_from(resources.len()).unwrap_or(0);
    ok(&response(total, 1, resources))
}

fn by_id(resources: &[Value], id: &str) -> Result<Response, Error> {
    let found = resources
        .iter()
        .find(|resource| resource.get("id").and_then(Value::as_str) == Some(id));
    found.map(ok).ok_or_else(Error::not_found)
}

async fn resource_types(State(app): State<App>, _: Provisioner) -> Response {
    all(&schema::resource_types(&base(&app)))
}

async fn resource_type(
    State(app): State<App>,
    _: Provisioner,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    by_id(&schema::resource_types(&base(&app)), &id)
}

async fn schemas(State(app): State<App>, _: Provisioner) -> Response {
    all(&schema::schemas(&base(&app)))
}

async fn one_schema(
    State(app): State<App>,
    _: Provisioner,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    by_id(&schema::schemas(&base(&app)), &id)
}

async fn list_users(
    State(app): State<App>,
    by: Provisioner,
    asked: Asked,
) -> Result<Response, Error> {
    let found = users::list(&app, by.caller(), &asked.list, &asked.wanted).await?;
    Ok(ok(&found))
}

async fn create_user(
    State(app): State<App>,
    by: Provisioner,
    asked: Asked,
    Body(body): Body,
) -> Result<Response, Error> {
    let made = users::create(&app, by.caller(), &body, &asked.wanted).await?;
    Ok(created(&made))
}

async fn read_user(
    State(app): State<App>,
    by: Provisioner,
    Id(id): Id,
    asked: Asked,
) -> Result<Response, Error> {
    let id = UserId::from_uuid(id);
    let found = users::read(&app, by.caller(), id, &asked.wanted).await?;
    Ok(ok(&found))
}

async fn change_user(
    State(app): State<App>,
    by: Provisioner,
    Id(id): Id,
    asked: Asked,
    change: Change,
) -> Result<Response, Error> {
    let id = UserId::from_uuid(id);
    let now = users::change(&app, by.caller(), id, change, &asked.wanted).await?;
    Ok(ok(&now))
}

async fn delete_user(
    State(app): State<App>,
    by: Provisioner,
    Id(id): Id,
) -> Result<StatusCode, Error> {
    users::delete(&app, by.caller(), UserId::from_uuid(id)).await
}

async fn list_groups(
    State(app): State<App>,
    by: Provisioner,
    asked: Asked,
) -> Result<Response, Error> {
    let found = groups::list(&app, by.caller(), &asked.list, &asked.wanted).await?;
    Ok(ok(&found))
}

async fn create_group(
    State(app): State<App>,
    by: Provisioner,
    asked: Asked,
    Body(body): Body,
) -> Result<Response, Error> {
    let made = groups::create(&app, by.caller(), &body, &asked.wanted).await?;
    Ok(created(&made))
}

async fn read_group(
    State(app): State<App>,
    by: Provisioner,
    Id(id): Id,
    asked: Asked,
) -> Result<Response, Error> {
    let id = TeamId::from_uuid(id);
    let found = groups::read(&app, by.caller(), id, &asked.wanted).await?;
    Ok(ok(&found))
}

async fn change_group(
    State(app): State<App>,
    by: Provisioner,
    Id(id): Id,
    asked: Asked,
    change: Change,
) -> Result<Response, Error> {
    let id = TeamId::from_uuid(id);
    let now = groups::change(&app, by.caller(), id, change, &asked.wanted).await?;
    Ok(ok(&now))
}

async fn delete_group(
    State(app): State<App>,
    by: Provisioner,
    Id(id): Id,
) -> Result<StatusCode, Error> {
    groups::delete(&app, by.caller(), TeamId::from_uuid(id)).await
}
