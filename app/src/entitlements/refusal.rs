//! Why a licence was refused, at boot and afterwards.

use std::path::PathBuf;

use license::verdict::Verdict;
use serde::Serialize;
use time::OffsetDateTime;

use super::mark::MarkRefused;
use crate::edge::error_chain;
use crate::infra::db::DbError;

/// Why the licence keeps the server from starting. After the start nothing of it ends the process.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseError {
    /// There is none.
    #[error("LICENSE_PATH: there is no licence at {}; put the file from your vendor there", .0.display())]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("LICENSE_PATH: {} cannot be read; let user 10001 read it", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It is malformed or forged.
    #[error("LICENSE_PATH: {} is refused; ask your vendor for a new file", .0.display())]
    Refused(PathBuf, #[source] license::vtlic::Error),
    /// It is older than one that was in force here.
    #[error("LICENSE_PATH: {} has counter {counter}, and {seen} was in force here before; \
             put the newest licence there", path.display())]
    Superseded {
        /// The file.
        path: PathBuf,
        /// Its counter.
        counter: u64,
        /// The highest counter seen.
        seen: u64,
    },
    /// What is remembered cannot be read.
    #[error("LICENSE_STATE_PATH: {} cannot be read; let user 10001 read it", .0.display())]
    StateUnreadable(PathBuf, #[source] std::io::Error),
    /// What is remembered cannot be believed.
    #[error(transparent)]
    State(#[from] MarkRefused),
    /// The database did not answer.
    #[error("the database could not say what it remembers of the licence")]
    Database(#[from] DbError),
}

/// Where a licence came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The file at LICENSE_PATH.
    File,
    /// The admin plane.
    Upload,
    /// Another replica, by way of the database.
    Database,
}

impl Source {
    /// The word in the trail, in JSON and in the metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Upload => "upload",
            Self::Database => "database",
        }
    }
}

/// A licence that was offered to a running server and refused: the one before stays in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Where it came from.
    pub source: Source,
    /// The kind: the word of the verdict, `missing`, `unreadable`, `older`, `unbound` or
    /// `unwritable`.
    pub kind: &'static str,
    /// Why, and what to do.
    pub why: String,
    /// SHA-256 of the file.
    pub digest: Option<String>,
}

/// Why an offer was refused.
#[derive(Debug)]
pub(super) struct Reason {
    pub(super) kind: &'static str,
    pub(super) why: String,
}

impl Reason {
    pub(super) const OLDER: &'static str = "older";

    pub(super) fn new(kind: &'static str, why: impl Into<String>) -> Self {
        Self {
            kind,
            why: why.into(),
        }
    }

    /// It would leave the vault shut at the next start.
    pub(super) fn unbound() -> Self {
        let why = "The master key of this server is bound to the licence in force, and this one does \
                   not open it. Hand it over with `vaultterm-install license install`, which binds \
                   the key to it as well.";
        Self::new("unbound", why)
    }

    /// Why a running server does not take a licence with this verdict; `None`: it takes it.
    pub(super) fn of(verdict: &Verdict) -> Option<Self> {
        let why = match verdict {
            Verdict::Valid { .. } | Verdict::Grace { .. } => return None,
            Verdict::Lapsed => {
                "Its term is over and its grace window, too. Ask the vendor for the \
                                next one."
                    .to_owned()
            }
            Verdict::NotYetValid { from } => format!(
                "Its term begins on {}. Left in its place it comes into force then by itself.",
                from.date()
            ),
            Verdict::WrongHost => {
                "It is bound to other hosts than this one. Ask the vendor for one \
                                   for this host; `vaultterm-license fingerprint` names it."
                    .to_owned()
            }
            Verdict::Superseded { counter, seen } => format!(
                "It has counter {counter}, and {seen} was in force here before. Use the newest \
                 licence."
            ),
            Verdict::Malformed(error) | Verdict::Forged(error) => format!(
                "{}. Ask the vendor for the file again.",
                capital(&error_chain(error))
            ),
        };
        Some(Self::new(verdict.as_str(), why))
    }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use license::verdict::Verdict;
    use time::macros::datetime;

    use super::Reason;

    #[test]
    fn what_is_honoured_is_taken_and_everything_else_says_what_to_do() {
        assert!(Reason::of(&Verdict::Valid { days_left: 0 }).is_none());
        assert!(Reason::of(&Verdict::Grace { days_left: 0 }).is_none());
        for refused in [
            Verdict::Lapsed,
            Verdict::NotYetValid {
                from: datetime!(2027-01-01 00:00 UTC),
            },
            Verdict::WrongHost,
            Verdict::Superseded {
                counter: 3,
                seen: 5,
            },
            Verdict::Malformed(license::vtlic::Error::NoKeys),
            Verdict::Forged(license::vtlic::Error::Forged),
        ] {
            let reason = Reason::of(&refused).unwrap();
            assert_eq!(reason.kind, refused.as_str());
            assert!(
                reason.why.ends_with('.') && reason.why.contains(". "),
                "{}",
                reason.why
            );
        }
    }
}
