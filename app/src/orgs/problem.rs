//! What this slice refuses, and how it says so.

use http::StatusCode;

use crate::edge::Problem;
use crate::infra::db::DbError;

/// The database keeps the last owner, whoever tried to take them away.
pub(super) fn last_owner(error: DbError) -> Problem {
    if error.constraint() == Some("last_owner") {
        return Problem::new(
            StatusCode::CONFLICT,
            "last-owner",
            "An organisation keeps an owner",
            "Make somebody else an owner first.",
        );
    }
    error.into()
}

/// The person is not where this could be done to them.
pub(super) fn not_in_this_state(detail: &str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "member-state",
        "That cannot be done to them now",
        detail,
    )
}
