//! Finds out who is asking, once per request, before the handlers.

use axum::extract::Request;
use http::HeaderMap;

use super::cookie::SessionCookie;
use super::lookups::Lookups;
use super::{sessions, tokens};
use crate::context::App;
use crate::edge::{Asking, Bearer, Origin};
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
        let lookups = Lookups::new(app.cache.clone(), app.db.clone(), app.clock.clone());
        Self { app, lookups }
    }

    /// Puts [`Asking`] into the request, and the [`Standing`](super::standing::Standing) of whoever has
    /// a session, so that no handler looks it up again. A bearer token decides alone: with one that is
    /// not served a cookie beside it opens nothing, so that no request is answered for somebody else
    /// than it names. Handlers that need nobody are not held up by a cache that is away.
    pub async fn recognise(&self, request: &mut Request) {
        let origin = Origin::of(request.extensions());
        let asking = match Bearer::of(request.headers()) {
            Bearer::Absent => self.by_session(request, origin).await,
            Bearer::One(token) => tokens::recognise(&self.app, token, origin).await,
            Bearer::Unusable => Asking::Anonymous,
        };
        request.extensions_mut().insert(asking);
    }

    async fn by_session(&self, request: &mut Request, origin: Origin) -> Asking {
        let headers = request.headers();
        let Some(token) = SessionCookie::for_server(&self.app.server).read(headers) else {
            return Asking::Anonymous;
        };
        let from = (origin, step_up(headers));
        match sessions::recognise(&self.app, &self.lookups, &token, from).await {
            Ok(Some((caller, standing))) => {
                let place = standing.place(caller.org);
                let open = place.is_some_and(|place| place.open);
                request.extensions_mut().insert(standing);
                if open {
                    Asking::Known(caller)
                } else {
                    Asking::Suspended(caller)
                }
            }
            Ok(None) => Asking::Anonymous,
            Err(_) => Asking::Unknown,
        }
    }
}

/// The proof that a request says it brings.
fn step_up(headers: &HeaderMap) -> Option<StepUpId> {
    let text = headers.get(STEP_UP)?.to_str().ok()?;
    text.parse().ok().map(StepUpId::from_uuid)
}
