//! Finds out who is asking, once per request, before the handlers.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::cookie::SessionCookie;
use super::service;
use crate::context::App;
use crate::edge::Asking;

/// Puts [`Asking`] into the request. Handlers that need nobody are not held up by a cache that is
/// away.
pub async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let token = SessionCookie::for_server(&app.server).read(request.headers());
    let asking = match token {
        None => Asking::Anonymous,
        Some(token) => match service::recognise(&app, &token).await {
            Ok(Some(caller)) => Asking::Known(caller),
            Ok(None) => Asking::Anonymous,
            Err(_) => Asking::Unknown,
        },
    };
    request.extensions_mut().insert(asking);
    next.run(request).await
}
