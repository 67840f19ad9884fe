//! Finds out who is asking, once per request, before the handlers.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;

use super::cookie::SessionCookie;
use super::lookups::Lookups;
use super::sessions;
use crate::context::App;
use crate::edge::{Asking, Origin};
use crate::kernel::StepUpId;

/// The header that names a step-up proof.
const STEP_UP: &str = "vaultterm-step-up";

/// What stands before the handlers: the app, and the questions that requests ask together.
#[derive(Clone, Debug)]
pub struct Door {
    app: App,
    lookups: Lookups,
}

impl Door {
    /// One for a listener.
    #[must_use]
    pub fn new(app: App) -> Self {
        let lookups = Lookups::new(app.db.clone());
        Self { app, lookups }
    }
}

/// Puts [`Asking`] into the request, and the [`Standing`] of whoever is known, so that no handler
/// looks it up again. Handlers that need nobody are not held up by a cache that is away.
pub async fn authenticate(
    State(Door { app, lookups }): State<Door>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = SessionCookie::for_server(&app.server).read(request.headers());
    let origin = Origin::of(request.extensions());
    let step_up = step_up(request.headers());
    let asking = match token {
        None => Asking::Anonymous,
        Some(token) => match sessions::recognise(&app, &lookups, &token, (origin, step_up)).await {
            Ok(Some((caller, standing))) => {
                request.extensions_mut().insert(standing);
                Asking::Known(caller)
            }
            Ok(None) => Asking::Anonymous,
            Err(_) => Asking::Unknown,
        },
    };
    request.extensions_mut().insert(asking);
    next.run(request).await
}

/// The proof that a request says it brings.
fn step_up(headers: &HeaderMap) -> Option<StepUpId> {
    let text = headers.get(STEP_UP)?.to_str().ok()?;
    text.parse().ok().map(StepUpId::from_uuid)
}
