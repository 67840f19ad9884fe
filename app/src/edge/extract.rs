//! Extractors whose refusals are problems.

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Problem;
use crate::kernel::{Cursor, Limit, PageQuery};

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "JSON is expected",
                "Send the body as application/json.",
            )),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too-large",
                    "The request is too large",
                    "Shorten what you send.",
                ))
            }
            // The message of the parser could repeat a part of the body, which may be a secret.
            Err(JsonRejection::JsonDataError(_)) => Err(Problem::bad_request(
                "The JSON does not have the fields that are expected.",
            )),
            Err(_) => Err(Problem::bad_request("The body is not valid JSON.")),
        }
    }
}

/// Ids in the path. One that is no UUID names nothing: not found, like any other stranger.
#[derive(Clone, Copy, Debug)]
pub struct Id<T>(pub T);

impl<S: Send + Sync> FromRequestParts<S> for Id<Uuid> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id<(Uuid, Uuid)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id<(Uuid, Uuid, Uuid)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(Self)
    }
}

/// A number in the path. One that is none names nothing, and neither does 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ordinal(pub i32);

impl<'de> serde::Deserialize<'de> for Ordinal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.parse().ok().filter(|n: &i32| n.to_string() == text);
        Ok(Self(number.unwrap_or(0)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id<(Uuid, Uuid, Ordinal)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(Self)
    }
}

async fn path<T: DeserializeOwned + Send, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> Result<T, Problem> {
    let found: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
    found.map(|Path(ids)| ids).map_err(|_| Problem::not_found())
}

/// Cursor and limit of a list.
#[derive(Clone, Copy, Debug)]
pub struct ListQuery {
    /// After which item the page begins.
    pub cursor: Option<Cursor>,
    /// How many items it holds.
    pub limit: Limit,
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(query) = Query::<PageQuery>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::bad_request("The query is not what a list understands."))?;
        let (cursor, limit) = query.parse()?;
        Ok(Self { cursor, limit })
    }
}
