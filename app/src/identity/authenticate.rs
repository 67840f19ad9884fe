//! Finds out who is asking, once per request, before the handlers.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;

use super::cookie::SessionCookie;
use super::{sessions, tokens};
use crate::context::App;
use crate::edge::{Asking, Bearer, Origin};
use crate::kernel::StepUpId;

/// The header that names a step-up proof.
const STEP_UP: &str = "vaultterm-step-up";

/// Puts [`Asking`] into the request. A bearer token decides alone: with one that is not served a cookie
/// beside it opens nothing, so that no request is answered for somebody else than it names. Handlers that need nobody are not held up by a cache that is
/// away.
pub async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let origin = Origin::of(request.extensions());
    let asking = match Bearer::of(request.headers()) {
        Bearer::Absent => by_session(&app, request.headers(), origin).await,
        Bearer::One(token) => tokens::recognise(&app, token, origin).await,
        Bearer::Unusable => Asking::Anonymous,
    };
    request.extensions_mut().insert(asking);
    next.run(request).await
}

async fn by_session(app: &App, headers: &HeaderMap, origin: Origin) -> Asking {
    let Some(token) = SessionCookie::for_server(&app.server).read(headers) else {
        return Asking::Anonymous;
    };
    match sessions::recognise(app, &token, origin, step_up(headers)).await {
        Ok(Some(caller)) => Asking::Known(caller),
        Ok(None) => Asking::Anonymous,
        Err(_) => Asking::Unknown,
    }
}

/// The proof that a request says it brings.
fn step_up(headers: &HeaderMap) -> Option<StepUpId> {
    let text = headers.get(STEP_UP)?.to_str().ok()?;
    text.parse().ok().map(StepUpId::from_uuid)
}
