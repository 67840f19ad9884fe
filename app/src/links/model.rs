//! Links and their tokens.

use http::StatusCode;
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use crate::context::App;
use crate::edge::Problem;
use crate::kernel::{OrgId, Redacted, UserId};

/// How long a link works.
pub(super) const LIFETIME: Duration = Duration::minutes(30);

/// The token of a link in the clear: 256 random bits in hexadecimal.
#[derive(Clone, Debug)]
pub(super) struct LinkToken(Redacted<String>);

impl LinkToken {
    pub(super) fn generate() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(Redacted::new(hex::encode(bytes))))
    }

    pub(super) const fn from_request(text: Redacted<String>) -> Self {
        Self(text)
    }

    /// What is stored and looked up.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose()).into()
    }

    /// The whole address of a page of the portal.
    pub(super) fn url(&self, app: &App, page: &str) -> String {
        format!("{}/{page}#token={}", app.server.base_url, self.0.expose())
    }
}

/// What a link is for, as it is stored.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// Another password.
    Reset {
        user: UserId,
        /// The organisation whose admin made it, if one did. It works only as long as the person
        /// belongs to no other.
        by: Option<OrgId>,
    },
    /// Another address.
    Address { user: UserId, email: String },
}

impl Link {
    /// The word in the database.
    pub(super) const fn purpose(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "reset",
            Self::Address { .. } => "email",
        }
    }

    pub(super) const fn user(&self) -> UserId {
        match self {
            Self::Reset { user, .. } | Self::Address { user, .. } => *user,
        }
    }
}

/// A link that was made a moment ago.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) token: LinkToken,
    pub(super) expires_at: OffsetDateTime,
}

/// Whatever is wrong with a link: unknown, used, expired, replaced, or what it was for has passed.
pub(super) fn invalid() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "link-invalid",
        "This link does not work any more",
        "It was used, it expired, a newer one replaced it, or it is not complete. Ask for another.",
    )
}
