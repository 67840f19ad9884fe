//! What can go wrong in a vault, and how it is answered.

use http::StatusCode;

use crate::authz::Refused;
use crate::edge::{Problem, error_chain};
use crate::infra::breaches::BreachError;
use crate::infra::db::DbError;
use crate::kernel::FieldProblem;
use crate::keys::registry::WrongKeys;
use crate::keys::{SealError, UnsealError};
use crate::once::OnceError;

/// What can go wrong in a vault.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no such thing for this caller")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("some fields are wrong")]
    Invalid(Vec<FieldProblem>),
    #[error("somebody gives or takes more than they have themselves")]
    BeyondOwn,
    #[error("a vault keeps an owner")]
    LastOwner,
    #[error("a link could not be made")]
    Unmade,
    #[error("a file did not come whole")]
    BrokenOff,
    #[error("a file is too large")]
    TooLarge,
    #[error("pieces of a file are missing")]
    Incomplete,
    #[error("a proof is needed first")]
    Unproven(Box<Problem>),
    #[error("somebody else changed it first")]
    VersionConflict,
    #[error("it may be used and not be seen")]
    InjectOnly,
    #[error(transparent)]
    Once(#[from] OnceError),
    #[error("there is no list of breached passwords here")]
    NoBreachList,
    #[error(transparent)]
    Breaches(#[from] BreachError),
    #[error("the database has another type of a secret than was sealed")]
    OtherType,
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("a value could not be sealed")]
    Seal(#[from] SealError),
    #[error("a stored value could not be opened")]
    Unseal(#[from] UnsealError),
    #[error("the master keys that are loaded are not those that are needed")]
    Keys(#[from] WrongKeys),
    #[error("there are more records than search may hold in memory")]
    TooMuchToSearch,
    #[error("the work was not ended")]
    Interrupted,
    #[error("others are at the same work, as many as may be")]
    Busy,
    #[error("a stored value is not what was sealed")]
    Content(#[source] serde_json::Error),
}

impl From<Vec<FieldProblem>> for Error {
    fn from(problems: Vec<FieldProblem>) -> Self {
        Self::Invalid(problems)
    }
}

impl From<FieldProblem> for Error {
    fn from(problem: FieldProblem) -> Self {
        Self::Invalid(vec![problem])
    }
}

/// What `authz` says instead of handing out an approval.
impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Unproven(Box::new(problem))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::not_found(),
            Error::Refused(_) => Self::forbidden(),
            Error::Unproven(problem) => *problem,
            Error::Invalid(fields) => Self::invalid(fields),
            Error::InjectOnly => Self::new(
                StatusCode::FORBIDDEN,
                "inject-only",
                "It can be used, and not be seen",
                "What is concealed in this secret is shown to nobody.",
            ),
            Error::BrokenOff => Self::bad_request("The file did not come whole."),
            Error::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The file is too large",
                "Attach a smaller one, or ask whoever runs the server about the limit.",
            ),
            Error::Once(error) => error.into(),
            Error::VersionConflict => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version-conflict",
                "Somebody changed this in the meantime",
                "Load it again, look at the change, and repeat yours.",
            ),
            Error::BeyondOwn => Self::new(
                StatusCode::FORBIDDEN,
                "beyond-own-role",
                "That is more than you have yourself",
                "You can give no role above your own, no role and no link for longer than your own \
                 role lasts, and change nobody above you.",
            ),
            Error::LastOwner => Self::new(
                StatusCode::CONFLICT,
                "last-owner",
                "A vault keeps an owner",
                "Make another person the owner of the vault first, for good.",
            ),
            Error::NoBreachList => Self::new(
                StatusCode::CONFLICT,
                "no-breach-list",
                "There is no list of breached passwords here",
                "Whoever runs this server can bring one; the guide is breached-passwords.md.",
            ),
            Error::Breaches(error) => {
                tracing::error!(error = error_chain(&error), "list of breached passwords");
                Self::internal()
            }
            Error::Database(error) => error.into(),
            Error::Unseal(UnsealError::OtherKey { .. }) | Error::Keys(_) => {
                tracing::error!(error = error_chain(&error), "sealed value");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "key-not-loaded",
                    "This server cannot open it now",
                    "The server lacks a key that is in use. Tell whoever runs it; nothing is lost.",
                )
            }
            Error::TooMuchToSearch => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too-much-to-search",
                "There is too much to search at once",
                "Open a vault and look there.",
            ),
            Error::Interrupted => Self::unavailable(),
            Error::Busy => Self::busy(),
            Error::Unseal(_) | Error::Content(_) | Error::OtherType => {
                tracing::error!(error = error_chain(&error), "sealed value");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "unreadable",
                    "This does not open",
                    "What is stored of it was changed or damaged. Tell whoever runs the server: \
                     `vaultterm-app vault verify` says what is wrong with it, and a backup has it \
                     as it was.",
                )
            }
            Error::Seal(_) | Error::Unmade | Error::Incomplete => {
                tracing::error!(error = error_chain(&error), "sealed value");
                Self::internal()
            }
        }
    }
}

/// Reads a refusal of the database: the last owner of a vault stays.
pub(super) fn of_constraint(error: DbError) -> Error {
    match error.constraint() {
        Some("last_vault_owner") => Error::LastOwner,
        Some(_) | None => Error::Database(error),
    }
}
