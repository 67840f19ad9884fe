//! `/vaults` and what is in them.

mod adoption;
mod bulk;
mod code;
mod reveal;
mod secrets;
mod trash;
mod types;
mod vaults;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::model::Which;
use super::{attachments, exposure, search, sharing};
use crate::context::App;
use crate::edge::etag;
use crate::kernel::{SecretId, VaultId};

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<App> {
    vaults::routes()
        .merge(types::routes())
        .merge(secrets::routes())
        .merge(search::routes())
        .merge(bulk::routes())
        .merge(reveal::routes())
        .merge(code::routes())
        .merge(trash::routes())
        .merge(adoption::routes())
        .merge(sharing::routes())
        .merge(exposure::routes())
        .merge(attachments::routes())
        .merge(super::generator::routes())
        .merge(super::import::routes())
        .merge(super::export::routes())
        .merge(super::health::routes())
}

fn which((vault, secret): (Uuid, Uuid)) -> Which {
    Which {
        vault: VaultId::from_uuid(vault),
        secret: SecretId::from_uuid(secret),
    }
}

/// JSON with its version in the header `ETag`.
struct Tagged<T>(i32, T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        (etag(self.0), Json(self.1)).into_response()
    }
}
