//! Where an organisation stands.

use serde::Serialize;
use time::OffsetDateTime;

/// Where an organisation stands. Only an open one lets anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OrganizationState)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Nothing is the matter.
    Open,
    /// Nobody gets in; nothing is touched.
    Suspended,
    /// The same, and its end has a day.
    Waiting,
    /// Row after row goes. There is no way back.
    Erasing,
}

/// What the directory says about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) suspended_at: Option<OffsetDateTime>,
    pub(super) erase_at: Option<OffsetDateTime>,
    pub(super) erasing_since: Option<OffsetDateTime>,
}

impl Marks {
    /// The state that they mean. A suspension outlasts an erasure that was cancelled.
    pub(super) const fn state(self) -> State {
        match (self.erasing_since, self.erase_at, self.suspended_at) {
            (Some(_), _, _) => State::Erasing,
            (None, Some(_), _) => State::Waiting,
            (None, None, Some(_)) => State::Suspended,
            (None, None, None) => State::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{Marks, State};

    #[test]
    fn the_gravest_mark_decides() {
        let at = Some(datetime!(2026-11-28 12:00 UTC));
        for (suspended_at, erase_at, erasing_since, state) in [
            (None, None, None, State::Open),
            (at, None, None, State::Suspended),
            (None, at, None, State::Waiting),
            (at, at, None, State::Waiting),
            (None, at, at, State::Erasing),
            (at, at, at, State::Erasing),
        ] {
            let marks = Marks {
                suspended_at,
                erase_at,
                erasing_since,
            };
            assert_eq!(marks.state(), state, "{marks:?}");
        }
    }
}
