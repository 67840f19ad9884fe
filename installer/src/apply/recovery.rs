//! What to do with a run that broke off: a pure question.

use super::Unfinished;
use crate::steps::{Kind, Step};

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Nothing is open.
    Nothing,
    /// An installation goes on where it stopped.
    GoOn,
    /// Everything that was begun is undone.
    TurnBack,
    /// The new release is the installed one; only what is of no use any more is left to remove.
    Settle,
}

/// Decides by the journal and by the release that the record names.
pub(crate) fn decide(open: Option<&Unfinished>, recorded: Option<&str>) -> Recovery {
    let Some(open) = open else {
        return Recovery::Nothing;
    };
    let committed = open.begun.contains(&Step::Commit) && recorded == Some(&open.run.version);
    match open.run.kind {
        _ if open.turned_back => Recovery::TurnBack,
        Kind::Install => Recovery::GoOn,
        Kind::Upgrade if committed => Recovery::Settle,
        Kind::Upgrade => Recovery::TurnBack,
    }
}

#[cfg(test)]
mod tests {
    use super::{Recovery, decide};
    use crate::apply::{Run, Unfinished};
    use crate::steps::{Kind, Step};

    fn open(kind: Kind, begun: &[Step], turned_back: bool) -> Unfinished {
        Unfinished {
            run: Run {
                kind,
                version: "2.0.0".into(),
                ..Run::default()
            },
            begun: begun.to_vec(),
            turned_back,
        }
    }

    #[test]
    fn an_upgrade_ends_in_the_old_release_or_in_the_new_one() {
        assert_eq!(decide(None, Some("1.0.0")), Recovery::Nothing);
        for end in 0..=Kind::Upgrade.steps().len() {
            let begun = &Kind::Upgrade.steps()[..end];
            let open = open(Kind::Upgrade, begun, false);
            assert_eq!(decide(Some(&open), Some("1.0.0")), Recovery::TurnBack);
            let expected = if begun.contains(&Step::Commit) {
                Recovery::Settle
            } else {
                Recovery::TurnBack
            };
            assert_eq!(decide(Some(&open), Some("2.0.0")), expected);
        }
    }

    #[test]
    fn whoever_turned_back_goes_all_the_way() {
        for kind in [Kind::Install, Kind::Upgrade] {
            let open = open(kind, kind.steps(), true);
            for recorded in [None, Some("1.0.0"), Some("2.0.0")] {
                assert_eq!(decide(Some(&open), recorded), Recovery::TurnBack);
            }
        }
        let open = open(Kind::Install, &[Step::Receive], false);
        assert_eq!(decide(Some(&open), None), Recovery::GoOn);
    }
}
