//! Who is asking. The identity slice finds out; the handlers only demand it.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{Extensions, StatusCode};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{ClientAddress, Problem, request_id};
use crate::kernel::{ApiTokenId, Factors, OrgId, OrgRole, Scopes, SessionId, StepUpId, UserId};

/// Somebody who is signed in and a confirmed member of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account. A token acts for the person who made it.
    pub user: UserId,
    /// The organisation they act in.
    pub org: OrgId,
    /// What they are there.
    pub role: OrgRole,
    /// How they came in.
    pub via: Via,
    /// Where the request came from.
    pub origin: Origin,
    /// When it came: what ends by then is over for it.
    pub at: OffsetDateTime,
}

/// How a caller came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser's session.
    Session {
        /// Which.
        id: SessionId,
        /// What it stands on.
        factors: Factors,
        /// When it began.
        began: OffsetDateTime,
        /// The proof that the request says it brings.
        step_up: Option<StepUpId>,
        /// Whether the organisation demands a second factor that this person has not set up, and
        /// the time it gave for that is over.
        must_enrol: bool,
        /// Whether one organisation's identity provider vouched for somebody who belongs to others,
        /// too: then nothing is open but this organisation.
        confined: bool,
    },
    /// A token for the API.
    Token {
        /// Which.
        id: ApiTokenId,
        /// What it may do.
        scopes: Scopes,
        /// Whether the organisation demands a second factor that the token's maker has not set up,
        /// and the time it gave for that is over.
        must_enrol: bool,
    },
}

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, behind trusted proxies.
    pub address: IpAddr,
    /// The request's id, as the answer and the log have it.
    pub request: Uuid,
}

impl Origin {
    /// That of the request being answered.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        let address = extensions
            .get::<ClientAddress>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.0);
        Self {
            address,
            request: request_id::current(),
        }
    }
}

/// What is known about the one who asks; put into the request before the handlers see it.
#[derive(Clone, Debug)]
pub enum Asking {
    /// Signed in.
    Known(Caller),
    /// Signed in, to an organisation that the platform has suspended.
    Suspended(Caller),
    /// Not signed in, or no longer.
    Anonymous,
    /// The session cannot be looked up right now.
    Unknown,
    /// With a token that is not served, and why.
    Refused(Problem),
}

impl Asking {
    /// Demands that somebody is signed in.
    ///
    /// # Errors
    /// 401 when nobody is, 403 in a suspended organisation, 503 when it cannot be known, and what is wrong with a token.
    pub fn caller(self) -> Result<Caller, Problem> {
        match self {
            Self::Known(caller) => Ok(caller),
            Self::Suspended(_) => Err(Problem::suspended()),
            Self::Unknown => Err(Problem::unavailable()),
            Self::Refused(problem) => Err(problem),
            Self::Anonymous => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "not-signed-in",
                "You are not signed in",
                "Sign in and try again.",
            )),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let asking = parts.extensions.get::<Asking>();
        asking.cloned().unwrap_or(Asking::Anonymous).caller()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> Result<Self, std::convert::Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
