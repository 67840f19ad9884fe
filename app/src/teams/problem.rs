//! What can go wrong with a team, and how it is answered.

use http::StatusCode;

use crate::edge::Problem;
use crate::infra::db::DbError;
use crate::kernel::FieldProblem;
use crate::once::OnceError;

/// What can go wrong with a team.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no such thing for this caller")]
    NotFound,
    #[error("the caller's role does not allow it")]
    Forbidden,
    #[error("a field is wrong")]
    Invalid(#[source] NotAsAsked),
    #[error("another team has the name")]
    NameTaken,
    #[error("a team keeps one owner")]
    LastOwner,
    #[error(transparent)]
    Once(#[from] OnceError),
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A field that is wrong, as an error.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct NotAsAsked(FieldProblem);

impl From<FieldProblem> for Error {
    fn from(problem: FieldProblem) -> Self {
        Self::Invalid(NotAsAsked(problem))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::not_found(),
            Error::Once(error) => error.into(),
            Error::Forbidden => Self::forbidden(),
            Error::Invalid(NotAsAsked(field)) => field.into(),
            Error::NameTaken => FieldProblem::new("name", "is the name of another team").into(),
            Error::LastOwner => Self::new(
                StatusCode::CONFLICT,
                "last-owner",
                "A team keeps an owner",
                "Make somebody else an owner of the team first.",
            ),
            Error::Database(error) => error.into(),
        }
    }
}

/// Reads a refusal of the database: the name is taken, or the person is no member.
pub(super) fn of_constraint(error: DbError) -> Error {
    match error.constraint() {
        Some("teams_by_name") => Error::NameTaken,
        Some("team_members_org_id_user_id_fkey" | "team_members_org_id_team_id_fkey") => {
            Error::NotFound
        }
        Some(_) | None => Error::Database(error),
    }
}
