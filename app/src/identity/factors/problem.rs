//! What can go wrong with what is sealed, and how it is answered.

use http::StatusCode;

use crate::edge::{Problem, error_chain};
use crate::keys::registry::WrongKeys;
use crate::keys::{SealError, UnsealError};

/// A seed could not be sealed.
pub(super) fn unsealable(error: &SealError) -> Problem {
    tracing::error!(error = error_chain(error), "seed");
    Problem::internal()
}

/// A seed does not open.
pub(super) fn closed(error: &UnsealError) -> Problem {
    tracing::error!(error = error_chain(error), "sealed seed");
    match error {
        UnsealError::OtherKey { .. } => key_not_loaded(),
        _ => Problem::internal(),
    }
}

/// The loaded keys are not those that the database needs.
pub(super) fn wrong_keys(error: &WrongKeys) -> Problem {
    tracing::error!(error = error_chain(error), "master key");
    key_not_loaded()
}

fn key_not_loaded() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "key-not-loaded",
        "This server cannot open it now",
        "The server lacks a key that is in use. Tell whoever runs it; nothing is lost.",
    )
}

/// The organisation would be left without what it demands.
pub(super) fn last_factor() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "last-second-factor",
        "This is your last second factor",
        "An organisation of yours asks for one. Add another, then remove this one.",
    )
}

/// There is nothing that recovery codes could stand in for.
pub(super) fn no_factor() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no-second-factor",
        "There is no second factor yet",
        "Recovery codes come with your first second factor. Add one.",
    )
}

/// More than anybody has a use for.
pub(in crate::identity) fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too-many-factors",
        "There are too many already",
        "Remove one that you do not use any more, then add this one.",
    )
}
