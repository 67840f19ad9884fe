//! Why a sign-in through a provider came to nothing.

use super::claims::ClaimFault;
use super::jws::TokenFault;
use super::outbound::OutboundError;
use super::seal::SealingError;
use crate::edge::{Problem, error_chain};
use crate::infra::cache::CacheDown;
use crate::infra::db::DbError;

/// Why nobody was let in. What the browser is told is [`Refusal::code`]; the rest is for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No sign-in was begun with this state in this browser, or it was ended before.
    #[error("no sign-in waits for this state in this browser")]
    Stranger,
    /// The answer is another provider's than the one that was asked.
    #[error("the answer names another issuer than the one that was asked")]
    MixedUp,
    /// The organisation's settings changed while somebody was away.
    #[error("the organisation trusts another provider by now, or none")]
    Changed,
    /// The provider said no, or the person did.
    #[error("the provider answered {0:?}")]
    Declined(String),
    /// The provider did not answer, or not as one does.
    #[error("the provider cannot be used")]
    Provider(#[from] OutboundError),
    /// What it said of itself contradicts its name, or leaves out what is needed.
    #[error("the provider's description {0}")]
    Description(&'static str),
    /// The ID token is not signed as it must be.
    #[error("the ID token is refused")]
    Token(#[from] TokenFault),
    /// The ID token says something else than it must.
    #[error("the ID token is refused")]
    Claims(#[from] ClaimFault),
    /// The person is known to the provider and not admitted here.
    #[error("{0}")]
    NotAdmitted(&'static str),
    /// All seats are taken.
    #[error("all seats are taken")]
    NoSeat,
    /// A client secret did not open.
    #[error("the client secret cannot be used")]
    Secret(#[from] SealingError),
    /// Database or cache are away, or a fault of ours.
    #[error("{}", .0.code())]
    Ours(Problem),
}

impl Refusal {
    /// What the browser is told: few words, so that they tell a stranger little.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Stranger | Self::Changed => "sso-expired",
            Self::Declined(_) => "sso-declined",
            Self::Provider(_) | Self::Description(_) => "sso-provider",
            Self::MixedUp | Self::Token(_) | Self::Claims(_) => "sso-refused",
            Self::NotAdmitted(_) => "sso-not-admitted",
            Self::NoSeat => "sso-no-seat",
            Self::Secret(_) | Self::Ours(_) => "sso-failed",
        }
    }

    /// Says the whole in the log. None of the texts repeats a code, a token or a secret.
    pub(super) fn log(&self) {
        let error = error_chain(self);
        match self {
            Self::Secret(_) | Self::Ours(_) => tracing::error!(error, "single sign-on"),
            Self::Stranger
            | Self::MixedUp
            | Self::Changed
            | Self::Declined(_)
            | Self::Provider(_)
            | Self::Description(_)
            | Self::Token(_)
            | Self::Claims(_)
            | Self::NotAdmitted(_)
            | Self::NoSeat => tracing::warn!(error, code = self.code(), "single sign-on"),
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Ours(problem)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Ours(error.into())
    }
}

impl From<CacheDown> for Refusal {
    fn from(error: CacheDown) -> Self {
        Self::Ours(error.into())
    }
}
