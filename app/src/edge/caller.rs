//! Who is asking. The identity slice finds out; the handlers only demand it.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;

use super::Problem;
use crate::kernel::{OrgId, OrgRole, UserId};

/// Somebody who is signed in and a confirmed member of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub user: UserId,
    /// The organisation they act in.
    pub org: OrgId,
    /// What they are there.
    pub role: OrgRole,
}

/// What is known about the one who asks; put into the request before the handlers see it.
#[derive(Clone, Copy, Debug)]
pub enum Asking {
    /// Signed in.
    Known(Caller),
    /// Not signed in, or no longer.
    Anonymous,
    /// The session cannot be looked up right now.
    Unknown,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Asking>() {
            Some(Asking::Known(caller)) => Ok(*caller),
            Some(Asking::Unknown) => Err(Problem::unavailable()),
            Some(Asking::Anonymous) | None => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "not-signed-in",
                "You are not signed in",
                "Sign in and try again.",
            )),
        }
    }
}

impl Caller {
    /// Demands a role that manages the organisation.
    ///
    /// # Errors
    /// 403 for members.
    pub fn must_manage(&self) -> Result<(), Problem> {
        if self.role.manages() {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }
}
