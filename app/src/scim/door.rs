//! Who may provision: a token with the scope `scim`, of somebody who manages the organisation.

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;

use super::error::Error;
use crate::edge::{Asking, Caller, Problem, Via};
use crate::kernel::Scope;

/// Stands before every route of the slice, and before every address below it that names nothing.
pub(super) async fn enforce(mut request: Request, next: Next) -> Response {
    let asking = request.extensions().get::<Asking>().cloned();
    match admit(asking.unwrap_or(Asking::Anonymous)) {
        Ok(caller) => {
            request.extensions_mut().insert(Provisioner(caller));
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

fn admit(asking: Asking) -> Result<Caller, Error> {
    let caller = asking.caller()?;
    match caller.via {
        Via::Token {
            must_enrol: true, ..
        } => Err(Error::forbidden(
            "The organisation asks for a second factor that the token's maker has not set up.",
        )),
        Via::Token { scopes, .. } if scopes.contains(Scope::Scim) => {
            if caller.role.manages() {
                Ok(caller)
            } else {
                Err(Error::forbidden(
                    "The token's maker does not manage the organisation.",
                ))
            }
        }
        Via::Token { .. } | Via::Session { .. } => {
            Err(Error::forbidden("A token with the scope scim is needed."))
        }
    }
}

/// Whoever got past the door. Made nowhere else, so no handler can be reached around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provisioner(Caller);

impl Provisioner {
    /// The token's maker.
    pub(super) const fn caller(&self) -> &Caller {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Provisioner {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let found = parts.extensions.get::<Self>().copied();
        found.ok_or_else(|| Error::Problem(Problem::internal()))
    }
}
