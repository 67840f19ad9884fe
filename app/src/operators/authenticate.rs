//! Finds out who asks on the admin plane: a platform admin by their session, or a machine by its
//! token.

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::cookie::PlatformCookie;
use super::model::OperatorView;
use super::sessions;
use super::token::Token;
use crate::context::App;
use crate::edge::{Origin, Problem};
use crate::kernel::{Redacted, SessionId};

/// A platform admin who is signed in.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Who.
    pub who: OperatorView,
    /// The session they came with.
    pub session: SessionId,
    /// From where.
    pub origin: Origin,
}

/// Who asks; put into the request before the handlers see it.
#[derive(Clone, Debug)]
pub enum Presence {
    /// A platform admin.
    Operator(Operator),
    /// Whoever holds the admin token.
    Machine,
    /// Nobody who is known.
    Nobody,
    /// The session cannot be looked up right now.
    Unknown,
}

impl Operator {
    /// Who did it and from where, as words of an entry in the platform's trail.
    #[must_use]
    pub fn as_words(&self) -> Value {
        json!({"admin": self.who.id, "email": self.who.email, "address": self.origin.address})
    }
}

impl Presence {
    /// Demands a platform admin.
    ///
    /// # Errors
    /// 401 when nobody is signed in, 403 for a machine, 503 when it cannot be known.
    pub fn operator(self) -> Result<Operator, Problem> {
        match self {
            Self::Operator(operator) => Ok(operator),
            Self::Machine => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "session-needed",
                "No token may do this",
                "Sign in with a browser.",
            )),
            Self::Unknown => Err(Problem::unavailable()),
            Self::Nobody => Err(not_signed_in()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let presence = parts.extensions.get::<Presence>().cloned();
        presence.unwrap_or(Presence::Nobody).operator()
    }
}

/// Puts [`Presence`] into the request.
pub async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let token = PlatformCookie::for_server(&app.server).read(request.headers());
    let origin = Origin::of(request.extensions());
    let presence = match machine(&app, request.headers()) {
        Some(presence) => presence,
        None => person(&app, token, origin).await,
    };
    request.extensions_mut().insert(presence);
    next.run(request).await
}

/// Whoever brings a token of any kind: a wrong one is not made up for by a cookie.
fn machine(app: &App, headers: &HeaderMap) -> Option<Presence> {
    headers.get(header::AUTHORIZATION)?;
    let token = app.security.admin_token.as_ref();
    let holds = token.is_some_and(|token| brings(headers, token));
    Some(if holds {
        Presence::Machine
    } else {
        Presence::Nobody
    })
}

async fn person(app: &App, token: Option<Token>, origin: Origin) -> Presence {
    let Some(token) = token else {
        return Presence::Nobody;
    };
    match sessions::recognise(app, &token, origin).await {
        Ok(Some(operator)) => Presence::Operator(operator),
        Ok(None) => Presence::Nobody,
        Err(_) => Presence::Unknown,
    }
}

/// Whether a request brings a token; compared by digest, in constant time.
pub(crate) fn brings(headers: &HeaderMap, expected: &Redacted<String>) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    Sha256::digest(given)
        .ct_eq(&Sha256::digest(expected.expose()))
        .into()
}

fn not_signed_in() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "not-signed-in",
        "You are not signed in",
        "Sign in as a platform admin. The operator of the host makes one: `vaultterm-install \
         admin-link`.",
    )
}
