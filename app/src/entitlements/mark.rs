//! What is remembered of the licence, in two places: a row of the database and the file at
//! LICENSE_STATE_PATH.
//!
//! Each is the other's witness. Who deletes the file, puts an older one back, brings one from
//! elsewhere, or restores an older database, changes one of the two; here they are compared. Pure:
//! what was found comes in, what to go by comes out.

use license::state::{State, StateError};
use uuid::Uuid;

/// What was found in one of the two places.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A state that this server has written.
    Genuine(State),
    /// Something else.
    Bad(StateError),
}

impl Found {
    const fn genuine(&self) -> Option<&State> {
        match self {
            Self::Genuine(state) => Some(state),
            Self::Nothing | Self::Bad(_) => None,
        }
    }
}

/// What was found altogether.
#[derive(Clone, Debug)]
pub(super) struct Witnesses {
    /// The database's own id, if it has one.
    pub(super) instance: Option<Uuid>,
    /// What the database remembers.
    pub(super) row: Found,
    /// What the file remembers.
    pub(super) file: Found,
    /// Whether there is an organisation.
    pub(super) populated: bool,
}

/// What to go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    /// The id that the database has, or is to get; `None` for a new one.
    pub(super) instance: Option<Uuid>,
    /// The higher of the two.
    pub(super) state: Option<State>,
    /// What an operator should know of.
    pub(super) notice: Option<Notice>,
}

/// Something was not as it had been left, and the server helped itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The file was gone, the row is there.
    FileGone,
    /// The row was gone, the file is there.
    RowGone,
    /// Both were gone, although there are organisations.
    BothGone,
    /// The row knew less than the file.
    RowBehind,
    /// The file knew less than the row.
    FileBehind,
}

impl Notice {
    /// The word in the trail and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FileGone => "file-gone",
            Self::RowGone => "row-gone",
            Self::BothGone => "both-gone",
            Self::RowBehind => "row-behind",
            Self::FileBehind => "file-behind",
        }
    }

    /// What happened, and whether anything is to be done.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::FileGone => {
                "The file at LICENSE_STATE_PATH was not there. What the database remembers is used, \
                 and the file was made again. A replica that starts for the first time looks the \
                 same; otherwise find out who removed it."
            }
            Self::RowGone => {
                "The database remembered no licence. What the file at LICENSE_STATE_PATH remembers is \
                 used, and was written to the database again. If the database was not made anew, \
                 find out who removed it."
            }
            Self::BothGone => {
                "Nothing was remembered of any licence, although there are organisations: an older \
                 licence could have been put back. Compare the licence below with the one that was \
                 bought last, and find out who removed what was remembered."
            }
            Self::RowBehind => {
                "The database remembered an older licence than the file at LICENSE_STATE_PATH, as \
                 after a restored backup. The newer one of the two counts."
            }
            Self::FileBehind => {
                "The file at LICENSE_STATE_PATH remembered an older licence than the database. The \
                 newer one of the two counts, and the file was written again. If no backup was put \
                 back, find out who exchanged it."
            }
        }
    }
}

/// What is remembered cannot be believed.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MarkRefused {
    /// The file was changed, is damaged, or was written under another master key.
    #[error(
        "LICENSE_STATE_PATH: the file is not one that this server has written; put back the one \
         from a backup, or remove it: the database knows the same"
    )]
    File(#[source] StateError),
    /// The file belongs to another database.
    #[error(
        "LICENSE_STATE_PATH: the file belongs to another database than this one; put back the one \
         that belongs here, or remove it: the database knows the same"
    )]
    OtherInstance,
    /// What the database remembers was changed.
    #[error(
        "the licence state in the database is not one that this server has written; restore the \
         database from a backup"
    )]
    Row(#[source] StateError),
    /// The row belongs to another database.
    #[error(
        "the licence state in the database was copied from another one; restore the database from \
         a backup"
    )]
    RowOfOther,
}

/// Compares the two.
///
/// # Errors
/// [`MarkRefused`] when one of them cannot be believed: it is never used, and never passed over in
/// silence.
pub(super) fn compare(found: &Witnesses) -> Result<Remembered, MarkRefused> {
    if let Found::Bad(error) = found.row {
        return Err(MarkRefused::Row(error));
    }
    if let Found::Bad(error) = found.file {
        return Err(MarkRefused::File(error));
    }
    let (row, file) = (found.row.genuine(), found.file.genuine());
    if let Some(instance) = found.instance {
        if row.is_some_and(|row| !row.belongs_to(instance.as_bytes())) {
            return Err(MarkRefused::RowOfOther);
        }
        if file.is_some_and(|file| !file.belongs_to(instance.as_bytes())) {
            return Err(MarkRefused::OtherInstance);
        }
    }
    let notice = match (row, file) {
        (Some(row), Some(file)) if row.counter < file.counter => Some(Notice::RowBehind),
        (Some(row), Some(file)) if row.counter > file.counter => Some(Notice::FileBehind),
        (Some(_), Some(_)) => None,
        (Some(_), None) => Some(Notice::FileGone),
        (None, Some(_)) => Some(Notice::RowGone),
        (None, None) => found.populated.then_some(Notice::BothGone),
    };
    let state = match (row, file) {
        (Some(row), Some(file)) => Some(higher(row, file)),
        (one, other) => one.or(other),
    };
    // The id goes with what the file says, so that the file of a database whose row was removed
    // still belongs to it.
    let of_file = file.map(|file| Uuid::from_bytes(file.instance));
    Ok(Remembered {
        instance: found.instance.or(of_file),
        state: state.cloned(),
        notice,
    })
}

/// The one that knows more: the higher counter; of the same licence, the later time; of the same
/// time, the clock that has been watched for longer.
pub(super) fn higher<'s>(one: &'s State, other: &'s State) -> &'s State {
    let rank = |state: &State| {
        let watched = state
            .ahead
            .map_or(std::time::Duration::ZERO, |ahead| ahead.ran);
        (state.counter, state.confirmed, watched)
    };
    if rank(other) > rank(one) { other } else { one }
}

#[cfg(test)]
mod tests;
